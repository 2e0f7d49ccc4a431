"""Dates of an export as init reads them: in words, as numbers, and those that stand for 'no date'."""

import numpy as np
import pandas as pd
import pytest
from unit.audit.propose.proposals import NOW, list_faults, propose

from predictor.audit.propose.propose import propose_settings
from predictor.audit.propose.settings_file import Proposal
from predictor.core.settings import make_settings
from predictor.data.load import load_tables

MONTHS = {
    "german": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "spanish": "ene feb mar abr may jun jul ago sep oct nov dic",
    "polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "turkish": "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
}


def make_export(write, none="", n=240):
    """A year of leads, of which every third was accepted, with dates as `write` spells them."""
    mql = pd.date_range("2024-06-03 19:17", periods=n, freq="37h")
    accepted = np.arange(n) % 3 == 0
    return pd.DataFrame({
        "Lead ID": [f"L{number:05}" for number in range(n)],
        "MQL Date": [write(moment) for moment in mql],
        "SQL Date": [write(moment + pd.Timedelta(days=4)) if yes else none for moment, yes in zip(mql, accepted, strict=True)],
        "Industry": np.array(["Software", "Retail", "Finance", "Health"])[np.arange(n) % 4],
    })  # fmt: skip


def check_read(found: Proposal) -> None:
    assert list_faults(found) == []
    assert [found.roles[name].role for name in ("Lead ID", "MQL Date", "SQL Date")] == ["lead_id", "mql_at", "sql_at"]


@pytest.mark.parametrize("language", MONTHS)
@pytest.mark.parametrize("form", ["{day}. {month} {year}", "{day}-{month}-{year}"])
def test_months_in_words_are_dates(tmp_path, language, form):
    names = MONTHS[language].split()
    leads = make_export(lambda moment: form.format(day=moment.day, month=names[moment.month - 1], year=moment.year))
    found = propose(tmp_path, leads)
    check_read(found)
    assert found.formats["MQL Date"][0] == found.formats["SQL Date"][0] == "date 31 Mar 2026"


@pytest.mark.parametrize(
    ("column_format", "write"),
    [
        ("excel 1900", lambda moment: f"{(moment - pd.Timestamp('1899-12-30')) / pd.Timedelta(days=1):.6f}"),
        ("excel 1900", lambda moment: f"{(moment - pd.Timestamp('1899-12-30')).days}"),
        ("epoch ms", lambda moment: f"{moment.timestamp() * 1000:.1f}"),
        ("epoch us", lambda moment: f"{moment.timestamp() * 1e6:.0f}"),
        ("date 31 Mar 2026", lambda moment: moment.strftime("%d-%b-%y %I.%M.00.000000 %p").upper()),
        ("date 31 Mar 2026", lambda moment: moment.strftime("%a %b %d %Y %H:%M:%S GMT+0200 (Central European Summer Time)")),
    ],
)
def test_dates_of_spreadsheets_and_databases_are_dates(tmp_path, column_format, write):
    found = propose(tmp_path, make_export(write))
    check_read(found)
    assert found.formats["MQL Date"][0] == column_format


@pytest.mark.parametrize("none", ["1900-01-01", "9999-12-31 00:00:00", "0001-01-01", "1970-01-01", "1970-01-01T01:00:00"])
def test_a_day_that_stands_for_no_date_is_told_once_and_never_dropped(tmp_path, none):
    found = propose(tmp_path, make_export(lambda moment: moment.strftime("%Y-%m-%d %H:%M"), none=none))
    check_read(found)
    tips = [finding for finding in found.findings if none[:10] in str(finding)]
    assert [(tip.code, tip.what) for tip in tips] == [
        ("LEAD090", f"The date {none[:10]} is read as not known: 160 rows of 'sql_at'.")
    ]
    assert "faulty_rows" not in " ".join(map(str, found.findings))


def test_1970_among_other_old_dates_is_a_date(tmp_path):
    founded = pd.date_range("1965-01-01", periods=240, freq="11D").strftime("%Y-%m-%d").to_series(index=range(240))
    leads = make_export(lambda moment: moment.strftime("%Y-%m-%d")).assign(
        **{"Founding date": founded.where(founded.index % 7 > 0, "1970-01-01")}
    )
    found = propose(tmp_path, leads)
    check_read(found)
    assert "missing_values" not in found.data


def test_a_workbook_that_counts_days_from_1904(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    leads = make_export(lambda moment: (moment - pd.Timestamp("1904-01-01")) / pd.Timedelta(days=1), none=None)
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for row in [list(leads), *leads.astype(object).where(leads.notna(), None).to_numpy().tolist()]:
        book.active.append(row)
    book.save(tmp_path / "leads.xlsx")
    found = propose_settings([str(tmp_path / "leads.xlsx")], out=tmp_path / "predictor.toml", now=NOW)
    check_read(found)
    assert found.formats["MQL Date"][0] == "excel 1904"
    settings = make_settings({"data": {"leads": "leads.xlsx"}, "columns": found.columns}, folder=tmp_path)
    checked, _, _ = load_tables(settings, NOW)
    assert checked.frame["mql_at"].dt.strftime("%Y-%m-%d %H:%M").iloc[0] == "2024-06-03 19:17"


@pytest.mark.parametrize(
    ("created", "accepted"),
    [
        ("Erstellungszeit", "Umwandlungszeitpunkt"),
        ("Creado en", "Fecha de conversión"),
        ("Data creazione", "Data qualificazione"),
        ("Date d'inscription", "Accepté le"),
        ("Data utworzenia leada", "Data kwalifikacji"),
        ("Дата создания", "Дата конвертации"),
        ("lead_created_utc", "approved_on"),
        ("作成日時", "商談化日"),
    ],
)
def test_a_creation_and_an_acceptance_are_known_by_the_words_of_their_names(tmp_path, created, accepted):
    """Beside a last change, which is left out, and an acceptance by the lead, which is none by sales."""
    leads = make_export(lambda moment: f"{moment:%Y-%m-%d %H:%M}").rename(columns={"MQL Date": created, "SQL Date": accepted})
    changed = ["Änderungszeit", "Última modificación el"]
    found = propose(tmp_path, leads.assign(**dict.fromkeys(changed, "2026-05-20 08:00"), **{"Terms accepted": leads[created]}))
    assert list_faults(found) == []
    assert (found.columns["mql_at"], found.columns["sql_at"]) == (created, accepted)
    assert set(changed) <= set(found.list_role("ignore"))
    (taken,) = (finding for finding in found.findings if finding.code == "INIT002")
    assert taken.what.startswith(f"Column '{accepted}' is taken as the moment at which sales accepted a lead")


def test_two_dates_with_the_words_of_an_acceptance_are_offered_and_none_is_taken(tmp_path):
    leads = make_export(lambda moment: f"{moment:%Y-%m-%d}").rename(columns={"MQL Date": "Created", "SQL Date": "Qualificado em"})
    found = propose(tmp_path, leads.assign(**{"Aceito em": leads["Qualificado em"]}))
    assert "sql_at" not in found.columns
    assert any("'Qualificado em', 'Aceito em'" in finding.what for finding in found.refusals)


def test_the_only_date_that_grows_with_the_rows_orders_them(tmp_path):
    leads = make_export(lambda moment: f"{moment:%Y-%m-%d}").rename(columns={"MQL Date": "Tidpunkt"})
    leads = leads.assign(Won=leads.pop("SQL Date").ne("").map({True: "yes", False: "no"}), **{"Next call": "2026-09-01"})
    assert propose(tmp_path, leads).columns["order_by"] == "Tidpunkt"
    assert "order_by" not in propose(tmp_path, leads.sample(frac=1, random_state=0)).columns


@pytest.mark.parametrize("form", ["%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y.%m.%d"])
def test_dates_that_begin_with_the_year_are_dates_under_any_name(tmp_path, form):
    dates = pd.date_range("2026-01-01", periods=240, freq="37h").strftime(form)
    found = propose(tmp_path, make_export(str).assign(**{"Some moment": dates}))
    assert found.roles["Some moment"].why.startswith("date")


def test_a_text_in_place_of_a_date_of_acceptance_is_no_date_and_said(tmp_path):
    table = make_export(lambda moment: moment.strftime("%m/%d/%Y"), none="Not accepted")
    found = propose(tmp_path, table)
    assert found.columns["sql_at"] == "SQL Date"
    assert "Not accepted" in found.data["missing_values"][0]
    assert [str(finding) for finding in found.findings] == [
        "INIT001 'Not accepted' is read as not known: 160 cells of 'SQL Date'."
    ]
    shared = propose(tmp_path, table.assign(Comment=["Not accepted", "ok"] * 120))
    assert "missing_values" not in shared.data, "elsewhere the text means something"
