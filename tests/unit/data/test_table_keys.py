"""Keys of leads: rounded ones are refused in every command, and rows without keys are numbered where that is accepted."""

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads

from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.data.leads import check_leads
from predictor.data.table_keys import mark_rounded
from predictor.scoring.batch import score_leads

EXACT = [123_450_000_000_000_000 + 7_919 * step for step in range(300)]
SNOWFLAKES = [str((1_700_000_000_000 + 977 * step) << 22) for step in range(300)]


@pytest.mark.parametrize(
    "keys",
    [
        [f"{float(key):.5E}" for key in EXACT],
        [f"{float(key):.5E}".replace(".", ",") for key in EXACT],
        [str(float(key)) for key in EXACT],
        [str(int(float(key))) for key in EXACT],
        [f"{int(float(key))}.0" for key in EXACT],
        [f"{float(f'{key:.14e}'):.0f}" for key in EXACT],
        [f"{str(key)[:15]}000" for key in EXACT],
    ],
    ids=["1.23E+17", "1,23E+17", "floats", "whole", "whole.0", "15 digits", "zeros"],
)
def test_rounded_keys_are_marked(keys):
    assert mark_rounded(pd.Series(keys)).all()


@pytest.mark.parametrize(
    "keys",
    [
        [str(key) for key in EXACT],
        SNOWFLAKES,
        [str(100_000_000_000_000_000 + 1_000 * step) for step in range(300)],
        [str(50_000_000_000_000_000 + 7_000 * step) for step in range(300)],
        [str(4_000_000_000_000_000 + 1_000 * (step * step + 3)) for step in range(300)],
        [f"00Q5E{number:012}" for number in range(300)],
        [f"{number}E5" for number in range(300)],
        [str(number) for number in range(300)],
        [f"lead-{number:032x}" for number in range(300)],
        [str(4_123_000_000_000_000_000 + number) for number in range(300)],
        ["123456789012345696"],
    ],
    ids=["18 digits", "snowflakes", "thousands", "steps", "zeros inside", "salesforce", "hex", "short", "uuid", "zoho", "one"],
)
def test_keys_with_all_their_digits_are_not_marked(keys):
    assert not mark_rounded(pd.Series(keys)).any()


def number_leads(keys):
    return draw_leads(len(keys)).assign(lead_id=keys)


@pytest.mark.parametrize("keys", [np.array(EXACT, dtype=float), [f"{float(key):.5E}" for key in EXACT]], ids=["floats", "texts"])
def test_leads_with_rounded_keys_are_refused(keys):
    with pytest.raises(
        TableError, match=r"LEAD050 A spreadsheet rounded the ids in column 'lead_id'.* 300 rows of 300 \(first in row 1\)"
    ):
        check_leads(number_leads(keys), make_settings())


def test_one_rounded_key_is_enough_and_no_row_may_be_dropped_for_it():
    keys = ["12E05", *(f"A{number}" for number in range(99))]
    assert len(check_leads(number_leads(keys), make_settings()).frame) == 100
    with pytest.raises(TableError, match=r"1 row of 100 \(first in row 3\)") as refusal:
        check_leads(number_leads([*keys[:2], "1.2E+06", *keys[3:]]), make_settings({"data": {"faulty_rows": "drop"}}))
    assert "faulty_rows" not in str(refusal.value)


def test_keys_of_whole_numbers_in_a_typed_column_are_exact():
    assert check_leads(number_leads(np.array(EXACT)), make_settings()).frame["lead_id"].tolist() == [str(key) for key in EXACT]


def test_leads_to_score_with_rounded_keys_are_refused(scorer):
    leads = pd.DataFrame({"lead_id": [f"{float(key):.5E}" for key in EXACT]})
    with pytest.raises(TableError, match="LEAD050"):
        score_leads(scorer, leads, None, now=pd.Timestamp("2026-07-01", tz="UTC"))


def test_rows_without_a_key_are_numbered_where_the_settings_say_so():
    leads = draw_leads(60).drop(columns="lead_id")
    with pytest.raises(TableError, match="LEAD001 There is no column 'lead_id'"):
        check_leads(leads, make_settings())
    numbered = check_leads(leads, make_settings({"data": {"number_rows": True}}))
    assert numbered.frame["lead_id"].tolist()[:2] == ["row 1", "row 2"]
    (tip,) = (finding for finding in numbered.findings if finding.code == "LEAD051")
    assert tip.severity == "tip"
    assert "events cannot be matched" in tip.do
    keyed = check_leads(draw_leads(60), make_settings({"data": {"number_rows": True}}))
    assert keyed.frame["lead_id"].tolist()[:2] != ["row 1", "row 2"]
    assert "LEAD051" not in {finding.code for finding in keyed.findings}
