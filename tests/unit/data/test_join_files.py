"""Several files of one export: joined by the one column that they share, or refused with the reason."""

import pandas as pd
import pytest

from predictor.core.errors import TableError
from predictor.data.join_files import choose_leads, join_files

LEADS = pd.DataFrame({"Lead ID": ["a", "b", "c"], "city": ["Rome", "Bonn", "Nice"]}, index=[0, 2, 5])


def test_each_lead_stays_one_row_and_gets_what_the_other_file_says_of_it():
    deals = pd.DataFrame({"lead_id": [" c", "x", None], "won": ["2026-01-31", "2026-02-01", "2026-02-02"], "City ": [1, 2, 3]})
    joined, (finding,) = join_files(LEADS, {"deals.csv": deals.drop(columns="City ")})
    assert joined["won"].isna().tolist() == [True, True, False]
    assert joined.index.tolist() == [0, 2, 5]
    assert finding.severity == "warning"
    assert finding.what == (
        "'deals.csv' is joined to the leads by 'Lead ID': 1 of 3 leads has a row in it. Left out, as of no lead: 2 rows of it."
    )


def test_keys_match_whatever_their_type_and_columns_of_two_files_stay_apart():
    leads = LEADS.assign(**{"Lead ID": [1.0, 2.0, 3.0]})
    others = {name: pd.DataFrame({"Lead ID": ["1", "2"], "owner": [name, name]}) for name in ("a.csv", "b.csv")}
    joined, findings = join_files(leads, others)
    assert joined.columns.tolist() == ["Lead ID", "city", "owner", "owner (b.csv)"]
    assert joined["owner (b.csv)"].tolist()[:2] == ["b.csv", "b.csv"]
    assert [finding.severity for finding in findings] == ["tip", "tip"]


@pytest.mark.parametrize(
    ("other", "match"),
    [
        ({"key": ["a"]}, "LEAD053 'x.csv' cannot be joined to the leads: it shares no column with them"),
        ({"Lead Id": ["a"], "City": ["Rome"]}, "it shares 2 columns with the leads: 'Lead Id', 'City'. Name one file of leads"),
        ({"Lead Id": ["a", "b", "b"]}, r"'x.csv' has several rows for 1 lead \(first in row 2\). Keep one row for each lead"),
    ],
)
def test_files_that_cannot_be_joined_are_refused(other, match):
    with pytest.raises(TableError, match=match):
        join_files(LEADS, {"x.csv": pd.DataFrame(other)})


def test_the_longest_file_holds_the_leads():
    assert choose_leads({"deals.csv": LEADS.head(1), "leads.csv": LEADS}) == "leads.csv"
