"""A bundle as a project of dbt: `dbt build` runs model and tests on DuckDB and on PostgreSQL, with the answers of the scorer."""

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa
from databases import PostgresPlace, postgres  # noqa: F401  a fixture
from house.tables import ROOT
from parity.odd_tables import CRM, assert_same

from predictor.scoring.sql.dbt import DbtNames, write_dbt
from predictor.scoring.sql.dialects import DIALECTS

NAMES = DbtNames(source="crm", schema="crm")
WARNINGS = {"lead_scores_have_no_problem"}  # of the tests, about the odd leads


@pytest.fixture(scope="module")
def dbt():
    """The program, which has an environment of its own."""
    found = shutil.which(os.environ.get("PREDICTOR_DBT", ROOT / ".tools/dbt/bin/dbt"))
    if found is None:
        if os.environ.get("PREDICTOR_MUST_NOT_SKIP"):
            pytest.fail("dbt must be there in CI: make dbt.")
        pytest.skip("dbt is not installed: make dbt.")
    return Path(found)


def build(dbt, folder, files, target):
    """What `dbt build` says of each model and test: name -> status."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "profiles.yml").write_text(json.dumps({"lead_scores": {"target": "x", "outputs": {"x": target}}}), encoding="utf-8")
    settings = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_USE_COLORS": "false"}
    done = subprocess.run(
        [dbt, "--no-version-check", "build", "--profiles-dir", folder],
        cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "Deprecat" not in done.stdout
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {result["unique_id"].split(".")[2]: result["status"] for result in results}


def check_statuses(statuses, models):
    assert {name for name, status in statuses.items() if status == "warn"} == WARNINGS
    assert sum(status == "success" for status in statuses.values()) == models
    assert sum(status == "pass" for status in statuses.values()) == 6


def test_duckdb_builds_it_with_the_answers_of_the_scorer(dbt, tmp_path, odd):
    with duckdb.connect(tmp_path / "firm.duckdb") as connection:
        connection.execute("CREATE SCHEMA crm")
        for name, table in {"crm_leads": odd.leads, "crm_events": odd.events}.items():
            connection.register("given", table)
            connection.execute(f"CREATE TABLE crm.{name} AS SELECT * FROM given")  # noqa: S608
    target = {"type": "duckdb", "path": str(tmp_path / "firm.duckdb"), "settings": {"TimeZone": "UTC"}}
    statuses = build(dbt, tmp_path, write_dbt(odd.scorer, "duckdb", tables=CRM, names=NAMES), target)
    check_statuses(statuses, models=1)
    with duckdb.connect(tmp_path / "firm.duckdb") as connection:
        assert_same(connection.sql("SELECT * FROM lead_scores").to_arrow_table().to_pandas(), odd)


def test_postgres_builds_it_in_stages_with_the_answers_of_the_scorer(dbt, tmp_path, monkeypatch, odd, postgres):  # noqa: F811
    monkeypatch.setitem(DIALECTS, "postgres", replace(DIALECTS["postgres"], most_characters=9))
    place = PostgresPlace(postgres)
    engine = sa.create_engine(sa.make_url(place.url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA crm"))
        odd.leads.to_sql("crm_leads", connection, schema="crm", index=False)
        odd.events.to_sql("crm_events", connection, schema="crm", index=False)
    address = urlsplit(place.url)
    target = {"type": "postgres", "host": parse_qs(address.query)["host"][0], "port": address.port or 5432, "schema": "public"}
    target |= {"user": address.username, "password": address.password or "", "dbname": address.path.strip("/"), "threads": 1}
    files = write_dbt(odd.scorer, "postgres", tables=CRM, names=NAMES)
    statuses = build(dbt, tmp_path, files, target)
    check_statuses(statuses, models=sum(path.startswith("models/") and path.endswith(".sql") for path in files))
    assert len(statuses) > 18
    with engine.connect() as connection:
        answers = pd.DataFrame(connection.execute(sa.text("SELECT * FROM lead_scores")).mappings().all())
    engine.dispose()
    assert_same(answers, odd)
