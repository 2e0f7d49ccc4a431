"""The schema: created, migrated from the first release without losing a row, and refused if it is newer."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from unit.store.conftest import NOON, make_outcome, make_score

from predictor.core.errors import StoreError
from predictor.store.connect import make_engine
from predictor.store.database import Database
from predictor.store.migrate import MIGRATIONS
from predictor.store.schema import HEAD, META, VERSION_TABLE

# What the first release made, word for word as its databases describe themselves.
FIRST_RELEASE = [
    """CREATE TABLE scores (id {serial}, lead_id VARCHAR(200) NOT NULL, as_of {moment} NOT NULL,
    scored_at {moment} NOT NULL, probability FLOAT NOT NULL, low FLOAT NOT NULL, high FLOAT NOT NULL, threshold FLOAT NOT NULL,
    decision VARCHAR(20) NOT NULL, grade VARCHAR(10) NOT NULL, points FLOAT, points_decision VARCHAR(20),
    model VARCHAR(200) NOT NULL, PRIMARY KEY (id))""",
    "CREATE INDEX ix_scores_lead_id ON scores (lead_id)",
    """CREATE TABLE outcomes (lead_id VARCHAR(200) NOT NULL, kind VARCHAR(20) NOT NULL, occurred_at {moment} NOT NULL,
    reason VARCHAR(100), amount FLOAT, PRIMARY KEY (lead_id, kind))""",
]
SCORE = """INSERT INTO scores (lead_id, as_of, scored_at, probability, low, high, threshold, decision, grade, points, model)
    VALUES (:lead, '2026-03-31 12:00:00.000000{zone}', '2026-03-31 12:00:00.000001{zone}',
    0.3, 0.2, 0.4, 0.25, 'nurture', 'B', 7, 'm')"""
OUTCOME = "INSERT INTO outcomes VALUES ('A1', 'recycled', '2026-04-02 12:00:00.000000{zone}', 'timing', NULL)"
SECOND_RELEASE = [  # likewise of the second release
    """CREATE TABLE scores (id {serial}, answer_id VARCHAR(36) NOT NULL, lead_id VARCHAR(200) NOT NULL, as_of {moment} NOT NULL,
    scored_at {moment} NOT NULL, probability FLOAT NOT NULL, low FLOAT NOT NULL, high FLOAT NOT NULL, threshold FLOAT NOT NULL,
    decision VARCHAR(20) NOT NULL, grade VARCHAR(10) NOT NULL, points FLOAT, points_decision VARCHAR(20),
    model VARCHAR(200) NOT NULL, explore BOOLEAN NOT NULL, explore_rate FLOAT, challenger VARCHAR(200),
    challenger_probability FLOAT, features JSON, PRIMARY KEY (id))""",
    "CREATE INDEX ix_scores_lead_id ON scores (lead_id)",
    "CREATE UNIQUE INDEX ix_scores_answer_id ON scores (answer_id)",
    "CREATE INDEX ix_scores_scored_at ON scores (scored_at)",
    """CREATE TABLE outcomes (lead_id VARCHAR(200) NOT NULL, kind VARCHAR(20) NOT NULL, occurred_at {moment} NOT NULL,
    reason VARCHAR(100), amount FLOAT, told_at {moment} NOT NULL, PRIMARY KEY (lead_id, kind))""",
    "CREATE INDEX ix_outcomes_told_at ON outcomes (told_at)",
    "CREATE TABLE erasures (lead_key VARCHAR(64) NOT NULL PRIMARY KEY, erased_at {moment} NOT NULL)",
    "CREATE TABLE predictor_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    "INSERT INTO predictor_version VALUES ('0002')",
    """INSERT INTO scores (answer_id, lead_id, as_of, scored_at, probability, low, high, threshold, decision, grade, model,
    explore) VALUES ('one', 'A1', '2026-03-31 12:00:00.000000{zone}', '2026-03-31 12:00:00.000001{zone}',
    0.3, 0.2, 0.4, 0.25, 'nurture', 'B', 'm', {false})""",
]
SECOND_OUTCOME = """INSERT INTO outcomes VALUES (:lead, :kind, 'DAY 12:00:00.000000{zone}', 'timing', 5000.5,
    'TOLD 12:00:00.000000{zone}')"""
WORDS = {
    "sqlite": {"serial": "INTEGER NOT NULL", "moment": "DATETIME", "zone": "", "false": "0"},
    "postgresql": {"serial": "SERIAL NOT NULL", "moment": "TIMESTAMP WITH TIME ZONE", "zone": "+00", "false": "false"},
}


@pytest.fixture
def engine(place):
    engine = make_engine(place.url)
    yield engine
    engine.dispose()


@pytest.fixture
def run(engine):
    def execute(text, *values):
        with engine.begin() as connection:
            connection.execute(sa.text(text.format(**WORDS[engine.dialect.name])), *values)

    return execute


@pytest.fixture
def old(run):
    """A database of the first release, with three scores and an outcome."""
    for text in FIRST_RELEASE:
        run(text)
    for lead in ("A1", "A2", "A1"):
        run(SCORE, {"lead": lead})
    run(OUTCOME)


def list_differences(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        return compare_metadata(context, META)


def read_version(engine):
    with engine.connect() as connection:
        version = sa.table(VERSION_TABLE, sa.column("version_num"))
        return connection.execute(sa.select(version.c.version_num)).scalars().all()


def test_a_new_database_has_the_schema_of_the_program(database, engine):
    database.load_scores()
    assert list_differences(engine) == []
    assert read_version(engine) == [HEAD]


@pytest.mark.usefixtures("old")
def test_a_database_of_the_first_release_is_migrated_without_loss(database, engine):
    frame = database.load_scores(features=True)
    assert list_differences(engine) == []
    assert read_version(engine) == [HEAD]
    assert frame["lead_id"].tolist() == ["A1", "A2", "A1"]
    assert frame["answer_id"].nunique() == 3
    row = frame.iloc[0]
    assert (row["as_of"], row["scored_at"]) == (NOON, NOON + timedelta(microseconds=1))
    assert (row["probability"], row["points"], row["decision"], row["explore"]) == (0.3, 7, "nurture", False)
    assert frame["features"].isna().all()
    [outcome] = database.load_outcomes().to_dict("records")
    assert (outcome["reason"], outcome["occurred_at"]) == ("timing", NOON + timedelta(days=2))
    database.write([make_score("A3"), make_outcome("A1", "recycled", told_at=NOON + timedelta(days=9), reason="budget")])
    assert len(database.load_scores()) == 4
    assert database.load_outcomes()["reason"].tolist() == ["budget"]
    assert database.load_outcome_history()["reason"].tolist() == ["timing", "budget"]


def test_every_outcome_of_the_second_release_is_the_first_report_of_its_history(database, engine, run):
    rows = [
        ("A1", "recycled", "2026-04-02", 0),
        ("A1", "accepted", "2026-04-01", 1),
        ("A1", "opportunity", "2026-04-20", 9),
        ("00Q5g000000XyzAEAS", "recycled", "2026-04-05", 0),
    ]
    for text in SECOND_RELEASE:
        run(text)
    for lead, kind, day, later in rows:
        reported = f"2026-04-{int(day[-2:]) + later:02}"
        run(SECOND_OUTCOME.replace("DAY", day).replace("TOLD", reported), {"lead": lead, "kind": kind})
    history = database.load_outcome_history()
    assert list_differences(engine) == []
    assert read_version(engine) == [HEAD]
    assert len(history) == 4
    assert history["outcome_id"].is_unique
    found = {(row.lead_id, row.kind): row for row in history.itertuples()}
    for lead, kind, day, later in rows:
        row = found[lead, kind]
        assert (str(row.occurred_at)[:19], row.amount, row.reason) == (f"{day} 12:00:00", 5000.5, "timing")
        assert row.told_at - row.occurred_at == timedelta(days=later)
    assert len(database.load_outcomes()) == 4
    assert len(database.load_scores()) == 1
    assert database.erase("00Q5g000000XyzA", at=NOON + timedelta(days=99)).outcomes == 1


@pytest.mark.usefixtures("old")
def test_a_migration_that_fails_leaves_the_database_unchanged(place, engine, run):
    run("CREATE TABLE erasures (of_another_program INTEGER)")
    database = Database(place.url)
    with pytest.raises(StoreError, match=r"cannot be used: .*erasures.* already exists"):
        database.load_scores()
    with engine.connect() as connection:
        assert "answer_id" not in {column["name"] for column in sa.inspect(connection).get_columns("scores")}
        assert not sa.inspect(connection).has_table(VERSION_TABLE)
        assert connection.execute(sa.text("SELECT count(*) FROM scores")).scalar_one() == 3
    run("DROP TABLE erasures")
    assert len(database.load_scores()) == 3
    database.close()


def test_a_newer_database_is_refused(place, database, run):
    database.load_scores()
    run("UPDATE predictor_version SET version_num = '9999'")
    again = Database(place.url)
    with pytest.raises(StoreError, match=r"is of a newer version of this program \(schema 9999, this one knows up to 0006\)"):
        again.write([make_score()])
    again.close()


def test_a_table_of_another_program_is_left_alone(database, engine, run):
    run("CREATE TABLE scores (match_id INTEGER, goals INTEGER)")
    with pytest.raises(StoreError, match="has a table 'scores' that is not of this program"):
        database.load_scores()
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["scores"]


@pytest.mark.usefixtures("old")
def test_processes_that_open_it_at_once_migrate_it_once(place):
    def open_it():
        own = Database(place.url)
        found.append(len(own.load_scores()))
        own.close()

    found = []
    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 4


def test_the_newest_version_is_the_one_the_program_names():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
