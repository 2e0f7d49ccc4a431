"""A bundle as SQL gives the answers of the scorer, on DuckDB and on PostgreSQL; the other dialects are valid SQL."""

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
import sqlglot
from databases import postgres  # noqa: F401  a fixture
from parity.odd_tables import CRM, NOW, assert_same

from predictor.core.errors import BundleError
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.dialects import DIALECTS
from predictor.scoring.sql.query import write_sql
from predictor.scoring.sql.stages import Tables


def test_duckdb_gives_the_answers_of_the_scorer(odd):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("crm_leads", odd.leads)
    connection.register("crm_events", odd.events)
    connection.execute(write_sql(odd.scorer, "duckdb", tables=CRM, view="scores").text)
    assert_same(connection.sql("SELECT * FROM scores").to_arrow_table().to_pandas(), odd)


def test_postgres_gives_the_answers_of_the_scorer(odd, postgres):  # noqa: F811
    engine = sa.create_engine(sa.make_url(postgres.get_uri()).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        odd.leads.to_sql("crm_leads", connection, index=False)
        odd.events.to_sql("crm_events", connection, index=False)
        connection.execute(sa.text("SET TimeZone = 'Asia/Tokyo'"))  # columns carry their zone, so that it does not matter
        text = write_sql(odd.scorer, "postgres", tables=CRM).text
        answers = pd.DataFrame(connection.exec_driver_sql(text.replace("%", "%%")).mappings().all())
    engine.dispose()
    assert_same(answers, odd)


def test_columns_that_the_tables_do_not_have_are_not_known(odd):
    leads, events = odd.leads, odd.events
    connection = duckdb.connect()
    connection.register("leads", leads.drop(columns=["industry"]).rename(columns={"source": "Lead Source"}).iloc[:-2])
    connection.register("events", events.drop(columns=["asset", "value"]))
    tables = Tables(columns={"source": "Lead Source"}, without=["industry", "asset", "value"])
    written = write_sql(odd.scorer, "duckdb", tables=tables)
    answers = connection.sql(written.text).to_arrow_table().to_pandas().sort_values(["lead_id", "as_of"])
    without = leads.drop(columns=["industry"]).iloc[:-2]
    expected, _ = score_leads(odd.scorer, without, events.drop(columns=["asset", "value"]), now=NOW, reasons=0)
    expected = expected.assign(as_of=without["mql_at"]).sort_values(["lead_id", "as_of"])
    np.testing.assert_allclose(answers["probability"], expected["probability"], rtol=0, atol=1e-9)
    assert {"Lead Source", "lead_id", "mql_at"} <= set(written.lead_columns)
    assert not {"industry", "source"} & set(written.lead_columns)
    assert written.event_columns == ("lead_id", "occurred_at", "event_type", "campaign")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_valid_sql(odd, dialect):
    parsed = sqlglot.parse(write_sql(odd.scorer, dialect, view="scores").text, dialect=dialect)
    assert [type(statement).__name__ for statement in parsed if statement is not None] == ["Create"]


def test_a_long_model_is_several_statements_where_a_dialect_limits_them(odd, monkeypatch):
    monkeypatch.setitem(DIALECTS, "bigquery", replace(DIALECTS["bigquery"], most_characters=9))
    written = write_sql(odd.scorer, "bigquery")
    parsed = [statement for statement in sqlglot.parse(written.text, dialect="bigquery") if statement is not None]
    assert len(parsed) == written.statements > 10
    assert parsed[-1].this.name == "lead_scores"


def test_a_decision_that_sql_cannot_make_is_refused(odd, monkeypatch):
    monkeypatch.setattr(Scorer, "way_unlike", "points")
    with pytest.raises(BundleError, match=r"`threshold.unlike` is .points.*Score with `predictor score`"):
        write_sql(odd.scorer, "duckdb")
