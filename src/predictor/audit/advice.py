"""How findings of the audit say shares and what to do, so that all of them read alike."""

from __future__ import annotations

from predictor.audit.view import Column

LEAK = "Name it in roles.ignore; if the value was known before the lead became an MQL, accept the finding in [audit]."
LEFT_OUT = "It is no feature as it is: {why}. Leave it so; roles.allow would take it back."


def format_share(share: float) -> str:
    """A share in percent, with a digit after the point where it is small or nearly all.

    >>> format_share(0.5), format_share(0.004), format_share(0.9987), format_share(1.0)
    ('50 %', '0.4 %', '99.9 %', '100 %')
    >>> format_share(0.0001)
    'under 0.1 %'
    """
    if 0 < share < 0.001:
        return "under 0.1 %"
    percent = 100 * share
    fine = 0 < percent < 5 or 95 < percent < 100
    return f"{min(percent, 99.9) if fine and percent > 95 else percent:.{1 if fine else 0}f} %"


def describe_leak(column: Column) -> str:
    """What to do about a column that tells what came of a lead.

    Whether it is a feature decides: one that is left out by its name harms nothing until somebody takes it back.
    """
    return LEAK if column.left is None else LEFT_OUT.format(why=column.left)
