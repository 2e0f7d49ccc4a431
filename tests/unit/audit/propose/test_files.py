"""`predictor init` of leads and deals in two files, and the same files read for training."""

from contextlib import suppress

import pandas as pd
import pytest
from helpers import draw_leads
from unit.audit.propose.proposals import NOW, run_init

from predictor.audit.propose.propose import propose_settings
from predictor.core.errors import TableError
from predictor.core.settings import load_settings
from predictor.data.raw_tables import read_tables
from predictor.data.read.csv_header import read_header
from predictor.data.read.table_files import read_table
from predictor.training.from_tables import load_dataset

LEADS = draw_leads(200)


def write_two(folder):
    LEADS.drop(columns="sql_at").to_csv(folder / "leads.csv", index=False)
    deals = LEADS.loc[LEADS["sql_at"].notna(), ["lead_id", "sql_at"]].assign(seller="x").rename(columns={"sql_at": "Won date"})
    deals.sample(frac=1, random_state=1).to_csv(folder / "deals.csv", index=False)
    return folder / "deals.csv", folder / "leads.csv"


@pytest.mark.parametrize("as_folder", [False, True])
def test_leads_and_deals_are_joined(tmp_path, as_folder):
    (tmp_path / "export").mkdir()
    files, out = write_two(tmp_path / "export"), tmp_path / "predictor.toml"
    result = run_init(*([tmp_path / "export"] if as_folder else files), "--out", out)
    assert result.exit_code == 0, result.output
    assert "'deals.csv' is joined to the leads by 'lead_id': 65 of 200 leads have a row in it." in " ".join(result.output.split())
    settings = load_settings(out)
    assert (settings.data.leads, settings.data.files) == ("export/leads.csv", ("export/deals.csv",))
    assert settings.columns == {"sql_at": "Won date"}
    assert settings.roles.ignore == ("seller",), "it is filled for won leads only"
    dataset = load_dataset(settings, now=NOW)
    assert dataset.leads.frame["sql_at"].notna().sum() == LEADS["sql_at"].notna().sum() == 65
    assert "LEAD052" in {finding.code for finding in dataset.findings}


def test_leads_to_score_are_read_alone(tmp_path):
    write_two(tmp_path)
    run_init(tmp_path / "leads.csv", tmp_path / "deals.csv", "--out", tmp_path / "predictor.toml")
    settings = load_settings(tmp_path / "predictor.toml")
    scored = read_tables(settings, leads=str(tmp_path / "leads.csv"))
    assert "Won date" not in scored.leads
    pd.testing.assert_series_equal(scored.leads["lead_id"], LEADS["lead_id"])


def test_files_that_share_more_than_a_key_are_refused(tmp_path):
    for name in ("a.csv", "b.csv"):
        LEADS.to_csv(tmp_path / name, index=False)
    printed = " ".join(run_init(tmp_path, "--out", tmp_path / "x.toml").stderr.split())
    assert "The leads must be one file, but are" in printed
    assert "cannot be joined to the leads: it shares 6 columns with the leads" in printed


@pytest.mark.parametrize("encoding", ["cp932", "gb18030", "koi8-r"])
def test_an_encoding_may_be_named(tmp_path, encoding):
    word = {"cp932": "業種", "gb18030": "行业", "koi8-r": "Отрасль"}[encoding]
    leads = draw_leads(60).rename(columns={"industry": word})
    leads.to_csv(tmp_path / "leads.csv", index=False, encoding=encoding)
    out = tmp_path / "predictor.toml"
    result = run_init(tmp_path / "leads.csv", "--encoding", encoding, "--out", out)
    assert result.exit_code == 0, result.output
    settings = load_settings(out)
    assert settings.data.encoding == encoding
    assert word in load_dataset(settings, now=NOW).leads.attributes


@pytest.mark.parametrize(("encoding", "word"), [("cp1250", "Źródło"), ("cp932", "業種"), ("gb18030", "行业")])
def test_an_unknown_encoding_is_shown_as_the_likeliest_ones_read_it(tmp_path, encoding, word):
    leads = draw_leads(60).rename(columns={"industry": word})
    leads.to_csv(tmp_path / "leads.csv", index=False, encoding=encoding)
    printed = " ".join(run_init(tmp_path / "leads.csv", "--out", tmp_path / "predictor.toml").output.split())
    assert f"{encoding}: '{word}'" in printed
    assert "name the right one: predictor init --encoding NAME" in printed


def test_what_is_no_encoding_is_refused(tmp_path):
    draw_leads(60).to_csv(tmp_path / "leads.csv", index=False)
    result = run_init(tmp_path / "leads.csv", "--encoding", "klingon", "--out", tmp_path / "predictor.toml")
    assert (result.exit_code, "'klingon' is no encoding" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("encoding", "word", "severity"),
    [
        ("cp1251", "Дата создания", "warning"),
        ("cp1251", "Отрасль", "warning"),
        ("cp1252", "Größe", "tip"),
        ("cp1252", "Décideur", "tip"),
    ],
)
def test_a_guessed_encoding_is_said_and_doubted_where_its_words_look_wrong(tmp_path, encoding, word, severity):
    draw_leads(60).rename(columns={"industry": word}).to_csv(tmp_path / "leads.csv", index=False, encoding=encoding)
    found = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", now=NOW).findings
    (finding,) = (finding for finding in found if finding.code == "INIT013")
    assert (finding.severity, "init --encoding" in finding.do) == (severity, True)


CITIES = {
    "cp1251": ["Москва", "Казань", "Пермь", "Тверь, отдел продаж", "ООО «Ёлка» № 7", "Київ"],
    "koi8-r": ["Москва", "Казань", "Пермь", "Тверь, отдел продаж", "Ростов-на-Дону", "МГУ"],
    "cp1253": ["Αθήνα", "Θεσσαλονίκη", "Πάτρα", "Ηράκλειο", "Βόλος, τμήμα πωλήσεων", "ΑΕ"],
}


@pytest.mark.parametrize("encoding", CITIES)
def test_cyrillic_and_greek_are_read_as_such(tmp_path, encoding):
    leads = draw_leads(60)
    leads["industry"] = [CITIES[encoding][row % 6] for row in range(len(leads))]
    leads.to_csv(tmp_path / "leads.csv", index=False, encoding=encoding)
    found = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", now=NOW).findings
    (finding,) = (finding for finding in found if finding.code == "INIT013")
    assert finding.severity == "tip"
    assert f"'{CITIES[encoding][0]}'" in finding.what
    read = read_table(tmp_path / "leads.csv", "leads").frame
    assert read["industry"].tolist() == leads["industry"].tolist()


OTHERS = {
    "cp1252": ["München", "Köln", "Málaga", "Göteborg", "São Paulo", "Þórður", "Île-de-France"],
    "cp1250": ["Łódź", "Kraków", "Plzeň", "Győr", "Ústí nad Labem", "Żółw"],
    "cp1254": ["İstanbul", "İzmir", "Şişli", "Üretim", "Çağrı", "Eğitim"],
    "cp1255": ["תל אביב", "ירושלים", "התקבל", "נדחה", "חיפה"],
    "cp1256": ["القاهرة", "الرياض", "مقبول", "مرفوض", "دبي"],
    "cp932": ["東京", "大阪", "受注", "失注", "製造業", "株式会社"],
    "cp949": ["서울", "부산", "수락", "거절", "제조업"],
    "mac_roman": ["München", "Köln", "Düsseldorf", "Straße", "Málaga"],
}


@pytest.mark.parametrize("encoding", OTHERS)
def test_no_other_language_is_taken_for_cyrillic_or_greek(tmp_path, encoding):
    leads = draw_leads(60)
    leads["industry"] = [OTHERS[encoding][row % len(OTHERS[encoding])] for row in range(len(leads))]
    leads.to_csv(tmp_path / "leads.csv", index=False, encoding=encoding)
    with suppress(TableError):
        assert read_header(tmp_path / "leads.csv", "leads").encoding == "cp1252"


def test_a_file_in_utf_8_needs_no_word_about_it(tmp_path):
    draw_leads(60).rename(columns={"industry": "Отрасль"}).to_csv(tmp_path / "leads.csv", index=False)
    found = propose_settings([str(tmp_path / "leads.csv")], out=tmp_path / "predictor.toml", now=NOW).findings
    assert "INIT013" not in {finding.code for finding in found}
