"""The leads that would be swapped, with what the people who hold them want to know of each."""

import numpy as np
import pandas as pd
import pytest
from unit.report.compared import make_tested

from predictor.core.errors import SettingsError
from predictor.core.settings import make_settings
from predictor.data.leads import Leads
from predictor.training.swapped import describe_swapped

N = 200
REASONS = "Employees 250: +9.0 points of probability; Source Web; ads: -2.0 points of probability"
FRAME = pd.DataFrame({"lead_id": [f"L{place:03d}" for place in range(N)], "Lead Source": ["Web", None] * (N // 2)})
LEFT_OUT = pd.DataFrame({"Company": [f"Firm  <{place}>" for place in range(N)], "points": ["9"] * N})
TIMES = pd.DataFrame({"Demo": [1.0] * N, "Visit": [3.0, 0.0] * (N // 2)})


def describe(**report):
    leads = Leads(frame=FRAME, attributes={"Lead Source": "category"}, left_out=LEFT_OUT)
    positions = np.arange(N)[::-1]  # the tested leads in another order than the table
    settings = make_settings({"report": report}).report
    explained = []

    def explain(rows):
        explained.append(rows)
        return [REASONS] * len(rows)

    table = describe_swapped(make_tested(times=TIMES), leads, positions, explain=explain, settings=settings)
    return table.set_index("lead_id"), explained[0]


def test_a_swapped_lead_has_source_rules_reasons_and_record():
    table, explained = describe(columns=["Company", "points"], record_link="https://crm.example.com/x?id={lead_id}")
    assert len(explained) == len(table) == 120
    lead = table.loc["L001"]
    assert lead["Company"] == "Firm <198>", "the lead at position 1 is row 198 of the table"
    assert lead["points (file)"] == "9"
    assert lead["source"] == "Web"
    assert table.loc["L004", "source"] == ""
    assert (lead["rules"], table.loc["L004", "rules"]) == ("Demo", "Demo, Visit ×3")
    assert (lead["for"], lead["against"]) == ("Employees 250: +9.0", "Source Web; ads: -2.0")
    assert lead["record"] == "https://crm.example.com/x?id=L001"


def test_what_is_not_named_is_not_there():
    table, _ = describe()
    assert list(table) == ["cell", "mql_at", "points", "probability", "sql", "source", "rules", "for", "against"][: len(table)]
    assert "record" not in table


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("javascript:alert({lead_id})", "must begin with https:// or http://"),
        ("//crm.example.com/{lead_id}", "must begin with https:// or http://"),
        ("https://crm.example.com/", "must hold {lead_id}"),
    ],
)
def test_link_that_is_no_address_of_a_record_is_refused(link, fault):
    with pytest.raises(SettingsError, match=fault):
        make_settings({"report": {"record_link": link}})
