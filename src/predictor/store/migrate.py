"""Bringing a database to the schema of this program: made where it lacks, taken over where it is older, refused where newer."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa

from predictor.core.errors import StoreError
from predictor.store.schema import FIRST, HEAD, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"
_ALONE = threading.Lock()  # Alembic keeps what it works on in a place of the process


def bring_up_to_date(connection: sa.Connection) -> None:
    """Make or change the tables where they are not those of this program.

    Args:
        connection: In a transaction, which alone changes the schema.

    Raises:
        StoreError: The database is of a newer program, or its table `scores` is somebody else's.
    """
    found = find_version(connection)
    if found == HEAD:
        return
    with _ALONE:
        _upgrade(connection, found)


def find_version(connection: sa.Connection) -> str | None:
    """The version of the schema; None for a database without these tables.

    Raises:
        StoreError: There is a table `scores` of another program.
    """
    tables = sa.inspect(connection)
    if tables.has_table(VERSION_TABLE):
        version = sa.table(VERSION_TABLE, sa.column("version_num", sa.String))
        return connection.execute(sa.select(version.c.version_num)).scalar_one_or_none()
    if not tables.has_table("scores"):
        return None
    if not {"lead_id", "probability", "model"} <= {column["name"] for column in tables.get_columns("scores")}:
        raise StoreError("The database has a table 'scores' that is not of this program. Name another database in store.url.")
    return FIRST


def _upgrade(connection: sa.Connection, found: str | None) -> None:
    from alembic import command  # noqa: PLC0415  loaded where a schema changes, not by each server that starts
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"The database is of a newer version of this program (schema {found}, this one knows up to {HEAD}). Install that "
            "version, or name another database in store.url."
        )
    if found == FIRST and not sa.inspect(connection).has_table(VERSION_TABLE):
        command.stamp(config, FIRST)
    command.upgrade(config, "head")
