"""The schema of a database: created if missing, migrated if older, refused if newer than this program."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa

from predictor.core.errors import StoreError
from predictor.store.schema import FIRST, HEAD, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"
_ALEMBIC_LOCK = threading.Lock()  # Alembic keeps its state in module globals


def bring_up_to_date(connection: sa.Connection) -> None:
    """Create or migrate the tables, unless they have the schema of this program.

    Args:
        connection: In a transaction that holds the lock for writing.

    Raises:
        StoreError: The database is of a newer version, or its table `scores` belongs to another program.
    """
    version = find_version(connection)
    if version == HEAD:
        return
    with _ALEMBIC_LOCK:
        _upgrade(connection, version)


def find_version(connection: sa.Connection) -> str | None:
    """The version of the schema; None for a database without these tables.

    Raises:
        StoreError: The table `scores` belongs to another program.
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


def _upgrade(connection: sa.Connection, version: str | None) -> None:
    from alembic import command  # noqa: PLC0415  imported when a schema changes, not at each start of a server
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreError(
            f"The database is of a newer version of this program (schema {version}, this one knows up to {HEAD}). Install that "
            "version, or name another database in store.url."
        )
    if version == FIRST and not sa.inspect(connection).has_table(VERSION_TABLE):
        command.stamp(config, FIRST)
    command.upgrade(config, "head")
