"""How a firm spells amounts, dates, yes and no and sets, as `[forms]` of the settings names it; and whose exports are known."""

from __future__ import annotations

from typing import Literal, get_args

NumberFormat = Literal["amount 1,234.5", "amount 1.234,5", "range 1-10"]
DateFormat = Literal[
    "date d/m/y", "date m/d/y", "date y/m/d", "date 31 Mar 2026", "epoch ms", "epoch s", "epoch us", "excel 1900", "excel 1904"
]
YesNoFormat = Literal["yes/no", "1/0", "yes/blank", "1/blank"]
SetFormat = Literal["set ;", "set ,", "set |", "set lines", "set [...]"]
Format = Literal[NumberFormat, DateFormat, YesNoFormat, SetFormat, "text"]
DATE_FORMATS: tuple[DateFormat, ...] = get_args(DateFormat)
YES_NO_FORMATS: tuple[YesNoFormat, ...] = get_args(YesNoFormat)
SET_FORMATS: tuple[SetFormat, ...] = get_args(SetFormat)
Export = Literal[  # the CRMs whose exports are known
    "hubspot", "salesforce", "marketo", "dynamics", "zoho", "pipedrive", "odoo", "mautic", "suitecrm", "freshsales", "close"
]
EXPORTS: tuple[Export, ...] = get_args(Export)
