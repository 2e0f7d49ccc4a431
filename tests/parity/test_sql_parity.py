"""A bundle as SQL gives the answers of the scorer, on DuckDB and on PostgreSQL; the other dialects are valid SQL."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
import sqlglot
from databases import postgres  # noqa: F401  a fixture
from parity.event_lists import ASSETS, CAMPAIGNS, VALUES, make_chance

from predictor.core.errors import BundleError
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.dialects import DIALECTS
from predictor.scoring.sql.query import COLUMNS, write_sql
from predictor.scoring.sql.stages import Tables
from predictor.simulate.firm import simulate_firm

BUNDLE = Path(__file__).parents[1] / "unit" / "scoring" / "bundle" / "version_0_1_0"
NOW = pd.Timestamp("2026-06-01 12:00", tz="UTC")
TICK = timedelta(microseconds=1)
ODD = ["", " ", "N/A", None, "Unheard of", "SOFTWARE ", "\tsoftware", "größe", "ΣΊΣΥΦΟΣ", "it's", "\\", "%"]
ODD_NUMBERS = ["", "n/a", " 250 ", "1e3", "-0.0", "many", "1,5", "inf", None, "NaN"]
DOMAINS = ["gmail.com", " Jo@GMAIL.com.", "x@mit.edu", "ox.ac.uk", "edu.uk", "a..b", "nobody", "x@firm.example", "", None]
KEY = ["lead_id", "as_of"]
CRM = Tables(leads="crm_leads", events="crm_events")
TYPES = ["pricing_page_view", " Pricing_Page_View", "WEBINAR_ATTENDED\n", "", None, "größe", "content_download"]


@pytest.fixture(scope="module")
def scorer():
    return Scorer.load(BUNDLE)


def draw_leads(leads):
    """The leads of a firm as texts, many with cells that are odd; the last rows are of leads with no key or no moment."""
    chance, texts = make_chance(7), leads.astype(object).where(leads.notna(), None)
    for name in ("industry", "country", "source", "department"):
        texts[name] = [chance.choice([value, value, *ODD]) for value in texts[name]]
    for name in ("employees", "annual_revenue"):
        texts[name] = [chance.choice([*[str(value)] * 12, *ODD_NUMBERS]) for value in texts[name]]
    texts["email_domain"] = [chance.choice([value, *DOMAINS]) for value in texts["email_domain"]]
    texts["mql_at"] = pd.to_datetime(leads["mql_at"], utc=True).dt.as_unit("us")
    texts.loc[texts.index[-1], "lead_id"] = None
    texts.loc[texts.index[-2], "mql_at"] = pd.NaT
    return texts


def draw_events(leads, events):
    """The events of the firm, and others at the edges of windows, after the moment, equal, or with odd texts and values."""
    chance, drawn = make_chance(8), []
    for lead_id, moment in leads[["lead_id", "mql_at"]].dropna().itertuples(index=False):
        for days in chance.sample([0, 7, 30, 90, 200], 2):
            at = moment - timedelta(days=days) + chance.choice([-1, 0, 1]) * TICK
            kind = chance.choice(TYPES)
            event = (lead_id, at, kind, chance.choice(ASSETS), chance.choice(CAMPAIGNS), chance.choice(VALUES))
            drawn += [event] * chance.choice([1, 2])
    columns = ["lead_id", "occurred_at", "event_type", "asset", "campaign", "value"]
    others = events.assign(occurred_at=pd.to_datetime(events["occurred_at"], utc=True)).reindex(columns=columns)
    both = pd.concat([others.astype(object), pd.DataFrame(drawn, columns=columns).astype(object)], ignore_index=True)
    both["occurred_at"] = pd.to_datetime(both["occurred_at"], utc=True).dt.as_unit("us")
    texts = {name: both[name].where(both[name].notna(), None) for name in ("event_type", "asset", "campaign")}
    return both.assign(**texts, value=pd.to_numeric(both["value"]))


@pytest.fixture(scope="module")
def tables():
    firm = simulate_firm(300, 9)
    leads = draw_leads(firm.leads)
    return leads, draw_events(leads, firm.events)


@pytest.fixture(scope="module")
def expected(scorer, tables):
    leads, events = tables
    answers, _ = score_leads(scorer, leads, events, now=NOW, reasons=0)
    return answers.assign(as_of=leads["mql_at"].to_numpy())


def assert_same(answers, expected, leads):
    """Equal but for the row without a moment, which is scored as of the clock."""
    with_moment = leads["mql_at"].notna().to_numpy()
    assert list(answers.columns) == list(COLUMNS)
    assert len(answers) == len(expected)
    moments = pd.to_datetime(answers["as_of"], utc=True).dt.as_unit("us")
    answers = answers.assign(as_of=moments)[moments.isin(expected["as_of"])].sort_values(KEY).reset_index(drop=True)
    expected = expected[with_moment].sort_values(KEY).reset_index(drop=True)
    assert answers["lead_id"].fillna("").tolist() == expected["lead_id"].fillna("").tolist()
    for name in ("probability", "threshold", "points"):
        np.testing.assert_allclose(answers[name].astype(float), expected[name].astype(float), rtol=0, atol=1e-9, err_msg=name)
    for name in ("decision", "grade", "points_decision"):
        assert answers[name].fillna("").tolist() == expected[name].fillna("").tolist(), name
    assert answers["problem"].notna().tolist() == expected["probability"].isna().tolist()
    assert 5 < answers["problem"].notna().sum() < len(answers) / 2
    assert {"lead_id is missing", "'employees' is not a number"} <= set(answers["problem"].dropna())


def test_duckdb_gives_the_answers_of_the_scorer(scorer, tables, expected):
    leads, events = tables
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("crm_leads", leads)
    connection.register("crm_events", events)
    connection.execute(write_sql(scorer, "duckdb", tables=CRM, view="scores").text)
    assert_same(connection.sql("SELECT * FROM scores").to_arrow_table().to_pandas(), expected, leads)


def test_postgres_gives_the_answers_of_the_scorer(scorer, tables, expected, postgres):  # noqa: F811
    leads, events = tables
    engine = sa.create_engine(sa.make_url(postgres.get_uri()).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        leads.to_sql("crm_leads", connection, index=False)
        events.to_sql("crm_events", connection, index=False)
        connection.execute(sa.text("SET TimeZone = 'Asia/Tokyo'"))  # columns carry their zone, so that it does not matter
        text = write_sql(scorer, "postgres", tables=CRM).text
        answers = pd.DataFrame(connection.exec_driver_sql(text.replace("%", "%%")).mappings().all())
    engine.dispose()
    assert_same(answers, expected, leads)


def test_columns_that_the_tables_do_not_have_are_not_known(scorer, tables):
    leads, events = tables
    connection = duckdb.connect()
    connection.register("leads", leads.drop(columns=["industry"]).rename(columns={"source": "Lead Source"}).iloc[:-2])
    connection.register("events", events.drop(columns=["asset", "value"]))
    tables = Tables(columns={"source": "Lead Source"}, without=["industry", "asset", "value"])
    written = write_sql(scorer, "duckdb", tables=tables)
    answers = connection.sql(written.text).to_arrow_table().to_pandas().sort_values(["lead_id", "as_of"])
    without = leads.drop(columns=["industry"]).iloc[:-2]
    expected, _ = score_leads(scorer, without, events.drop(columns=["asset", "value"]), now=NOW, reasons=0)
    expected = expected.assign(as_of=without["mql_at"]).sort_values(["lead_id", "as_of"])
    np.testing.assert_allclose(answers["probability"], expected["probability"], rtol=0, atol=1e-9)
    assert {"Lead Source", "lead_id", "mql_at"} <= set(written.lead_columns)
    assert not {"industry", "source"} & set(written.lead_columns)
    assert written.event_columns == ("lead_id", "occurred_at", "event_type", "campaign")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_valid_sql(scorer, dialect):
    parsed = sqlglot.parse(write_sql(scorer, dialect, view="scores").text, dialect=dialect)
    assert [type(statement).__name__ for statement in parsed if statement is not None] == ["Create"]


def test_a_long_model_is_several_statements_where_a_dialect_limits_them(scorer, monkeypatch):
    monkeypatch.setitem(DIALECTS, "bigquery", replace(DIALECTS["bigquery"], most_characters=9))
    written = write_sql(scorer, "bigquery")
    parsed = [statement for statement in sqlglot.parse(written.text, dialect="bigquery") if statement is not None]
    assert len(parsed) == written.statements > 10
    assert parsed[-1].this.name == "lead_scores"


def test_a_decision_that_sql_cannot_make_is_refused(scorer, monkeypatch):
    monkeypatch.setattr(Scorer, "way_unlike", "points")
    with pytest.raises(BundleError, match=r"`threshold.unlike` is .points.*Score with `predictor score`"):
        write_sql(scorer, "duckdb")
