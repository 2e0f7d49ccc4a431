"""Bad tables: each is refused in words that say what, where and what to do, and leaves nothing half-written behind."""

import pandas as pd
import pytest
from helpers import NOW, make_firm, refuse, write_settings

from predictor.core.errors import TableError, TrainingError
from predictor.core.settings import load_settings
from predictor.data.load import load_tables
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained, train


def test_missing_column(tmp_path, leads):
    path = make_firm(tmp_path, leads.rename(columns={"lead_id": "Record ID"}))
    refuse(path, TableError, r"LEAD001 There is no column 'lead_id'; the table has 'Record ID', .* Map it in \[columns\]")


def test_column_that_the_settings_name_but_the_export_lacks(tmp_path, leads):
    path = make_firm(tmp_path, leads, columns={"account_id": "Compny"}, roles={"points": ["scor"]})
    text = refuse(path, TableError, r"LEAD012 The settings name a column 'Compny', which is missing in the export")
    assert "'scor', which is missing in the export. Did you mean 'score'? Fix [columns], [roles], [forms] or [report]." in text


def test_header_only(tmp_path, leads):
    refuse(
        make_firm(tmp_path, leads.iloc[:0]), TableError, "LEAD002 The table of leads is empty. Export the leads that became MQLs"
    )


def test_file_of_no_bytes(tmp_path):
    path = write_settings(tmp_path)
    (tmp_path / "leads.csv").write_bytes(b"")
    refuse(path, TableError, "LEAD000 'leads.csv' is empty. Export it again.")


def test_no_file(tmp_path):
    refuse(write_settings(tmp_path), TableError, "LEAD000 There is no file 'leads.csv' in .* Fix the path")


def test_no_mqls(tmp_path, leads):
    accepted = int(leads["sql_at"].notna().sum())
    refuse(
        make_firm(tmp_path, leads.assign(mql_at=None)),
        TableError,
        rf"LEAD002 No lead is left.*\n.*LEAD063 {accepted} leads that sales accepted have no 'mql_at' .*: 100 % of all accept"
        rf"ances.*\n.*LEAD007 {300 - accepted} leads never became an MQL",
    )


@pytest.mark.parametrize(("days", "match"), [(None, "none was accepted"), (1, "all were accepted")])
def test_one_class_only(tmp_path, leads, days, match):
    sql_at = None if days is None else (pd.to_datetime(leads["mql_at"]) + pd.Timedelta(days=days)).astype("str")
    path = make_firm(tmp_path, leads.assign(sql_at=sql_at))
    refuse(
        path,
        TrainingError,
        f"mature leads {match}, so there is nothing to learn. Export the leads that sales accepted and those",
    )


def test_no_lead_is_mature(tmp_path, leads):
    path = make_firm(tmp_path, leads, data={"observed_until": "2025-01-02"})
    refuse(
        path,
        TrainingError,
        "None of the 300 leads can be learned from: the horizon of 30 days has not ended .* Export older leads",
    )


def test_few_outcomes_train_what_they_can_carry(tmp_path, leads):
    path = make_firm(tmp_path, leads.iloc[:120])
    trained = train(load_settings(path))
    found = {finding.code: finding for finding in trained.findings}
    assert "learning from features needs 40 of each" in found["TRAIN001"].what
    assert set(trained.models) == {"constant", "points"}
    probability = next(iter(trained.models.values())).out_of_fold
    assert ((probability > 0) & (probability < 1)).all()
    saved = save_trained(trained, tmp_path / "models", now=NOW)
    assert Scorer.load(saved.folder).metrics["champion"] in {"constant", "points"}


def test_same_episode_twice(tmp_path, leads):
    path = make_firm(tmp_path, pd.concat([leads, leads.iloc[[4, 4]]]))
    refuse(
        path,
        TableError,
        r"LEAD004 An episode is repeated in 2 rows \(first in row 301\)\. Keep one row per episode",
    )


def test_accepted_before_the_hand_over(tmp_path, leads):
    leads.loc[7, ["mql_at", "sql_at"]] = ["2025-03-01", "2025-02-28"]
    refuse(
        make_firm(tmp_path, leads),
        TableError,
        r"LEAD005 'sql_at' lies before 'mql_at' in 1 row \(first in row 8\)\. .* fix the dates",
    )


@pytest.mark.parametrize(
    ("date", "looks"),
    [
        ("31.03.2026", r"'31\.03\.2026', which has another order of day, month and year than the rest"),
        ("03/31/2026", "'03/31/2026', which has another order of day, month and year than the rest"),
        ("soon", "a text without digits"),
        ("now", "a text without digits"),
        ("2026-02-30", "'2026-02-30', which is no day of the calendar"),
        ("45000", "'45000', which looks like a day number of a spreadsheet: .*"),
    ],
)
def test_dates_that_are_none(tmp_path, leads, date, looks):
    leads.loc[2, "mql_at"] = date
    match = rf"LEAD003 Column 'mql_at' holds no date in 1 row \(first in row 3\): one is {looks}\. Write dates as 2026-03-31"
    refuse(make_firm(tmp_path, leads), TableError, match)


def test_two_columns_of_one_name_are_two_columns(tmp_path, leads):
    settings = load_settings(make_firm(tmp_path, leads))
    lines = (tmp_path / "leads.csv").read_text().replace("industry,employees", "employees,employees", 1)
    (tmp_path / "leads.csv").write_text(lines)
    found, _, findings = load_tables(settings, pd.Timestamp(NOW))
    assert {"employees", "employees (2)"} <= set(found.attributes)
    assert "The later ones are read as 'employees (2)'" in next(f.what for f in findings if f.code == "LEAD062")


def test_rows_longer_than_the_header(tmp_path, leads):
    path = make_firm(tmp_path, leads)
    text = (tmp_path / "leads.csv").read_text()
    (tmp_path / "leads.csv").write_text(text.replace("lead_id,", "", 1))
    refuse(path, TableError, r"LEAD000 Line 2 of 'leads.csv' has 6 cells, more than its header in line 1 has names \(5: ")


def test_encodings_that_are_mixed(tmp_path, leads):
    path = make_firm(tmp_path, leads)
    text = (tmp_path / "leads.csv").read_text().splitlines()
    text[250] = text[250].replace("Retail", "Möbel").replace("Software", "Möbel").replace("Construction", "Möbel")
    (tmp_path / "leads.csv").write_bytes("\n".join(text).encode("latin-1") + "\nÄ".encode())
    text = refuse(path, TableError, r"LEAD000 'leads.csv' is not UTF-8 \(line 251, byte [\d,]+\)\. Read as cp1250: 'Möbel'")
    assert "Save it as CSV UTF-8, or name the right one" in text


def test_parquet_file_that_is_none(tmp_path, leads):
    path = make_firm(tmp_path, leads, data={"leads": "leads.parquet"})
    (tmp_path / "leads.csv").rename(tmp_path / "leads.parquet")
    refuse(path, TableError, "LEAD000 'leads.parquet' is no readable Parquet file: .* Export it again.")


def test_events_without_what_they_need(tmp_path, leads):
    (tmp_path / "events.csv").write_text("lead_id,when,kind\nL00001,2025-01-01,page_view\n")
    path = make_firm(tmp_path, leads, data={"events": "events.csv"})
    text = refuse(path, TableError, "The table of events cannot be used")
    assert text.count("EVENT001") == 2


def test_all_faults_of_a_table_in_one_text(tmp_path, leads):
    leads = leads.astype({"score": object})
    leads.loc[0, "mql_at"] = "soon"
    leads.loc[1, "sql_at"] = "later"
    leads.loc[2, "score"] = "many"
    leads.loc[3, ["mql_at", "sql_at"]] = ["2025-03-01", "2025-02-28"]
    leads.loc[4, "lead_id"] = None
    path = make_firm(tmp_path, pd.concat([leads, leads.iloc[[9]]]), roles={"protected": ["Gender"]})
    text = refuse(path, TableError, r"The table of leads cannot be used \(7 faults\)")
    codes = [line.split()[0] for line in text.splitlines()[1:]]
    assert codes == ["LEAD012", "LEAD003", "LEAD003", "LEAD009", "LEAD006", "LEAD005", "LEAD004"]
    assert text.count("Or set data.faulty_rows = 'drop' to leave these rows out.") == 6


def test_faulty_rows_can_be_left_out_and_are_counted(tmp_path, leads):
    leads.loc[[0, 5], "mql_at"] = "soon"
    leads.loc[8, ["mql_at", "sql_at"]] = ["2025-03-01", "2025-02-28"]
    trained = train(load_settings(make_firm(tmp_path, leads, data={"faulty_rows": "drop"})))
    texts = {finding.code: finding.what for finding in trained.findings if finding.severity == "warning"}
    assert texts["LEAD003"] == "Column 'mql_at' holds no date in 2 rows (first in row 1): one is a text without digits. Left out."
    assert texts["LEAD005"] == "'sql_at' lies before 'mql_at' in 1 row (first in row 9). Left out."
    assert len(trained.dataset.leads.frame) == 297
