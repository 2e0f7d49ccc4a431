"""The stages of a query: named SELECTs, each over those before, as one statement, a view, or one table after another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from predictor.scoring.sql.dialects import Dialect

_PREFIX = "predictor_"


@dataclass(frozen=True, kw_only=True)
class Tables:
    """A firm's two tables.

    Attributes:
        leads: The table of leads, as SQL names it, with the columns of the training export.
        events: The table of events, likewise.
        columns: Our name, or that of the training export -> the column of the tables, where they differ.
        without: Columns that the tables do not have, as `asset` of events; they are taken as not known.
    """

    leads: str = "leads"
    events: str = "events"
    columns: Mapping[str, str] = field(default_factory=dict)
    without: Collection[str] = ()


@dataclass
class Stages:
    """Stages that are written one after another.

    Attributes:
        dialect: Of the SQL.
        bodies: Name -> SELECT, in their order.
    """

    dialect: Dialect
    bodies: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, body: str) -> str:
        """A stage more; returns its name in SQL."""
        self.bodies[name] = body
        return self.locate(name)

    def locate(self, name: str) -> str:
        """A stage as SQL names it."""
        return self.dialect.quote(f"{_PREFIX}{name}")

    def select(self, columns: Sequence[tuple[str, str]], source: str, *, keep: bool = True) -> str:
        """A SELECT of expressions under names, beside all columns of the source unless these are not kept.

        >>> from predictor.scoring.sql.dialects import DIALECTS
        >>> print(Stages(DIALECTS["duckdb"]).select([("total", "1 + 1")], "leads"))
        SELECT *,
          1 + 1 AS "total"
        FROM leads
        """
        lines = [f"  {expression} AS {self.dialect.quote(name)}" for name, expression in columns]
        if not keep:
            return "SELECT\n" + ",\n".join(lines) + f"\nFROM {source}"
        return ",\n".join(["SELECT *", *lines]) + f"\nFROM {source}"

    def write_query(self, answer: str) -> str:
        """All stages and the answer as one statement, without a semicolon."""
        parts = [f"{self.locate(name)} {self.dialect.stage} (\n{body}\n)" for name, body in self.bodies.items()]
        return "WITH " + ",\n".join(parts) + f"\n{answer}"

    def write_tables(self, answer: str, table: str) -> str:
        """The same as statements that each make a table, for databases that limit the length of one; the last is the answer."""
        kind = "TEMP TABLE" if self.dialect.name == "bigquery" else "TEMPORARY TABLE"
        parts = [f"CREATE OR REPLACE {kind} {self.locate(name)} AS\n{body};\n" for name, body in self.bodies.items()]
        return "\n".join([*parts, f"CREATE OR REPLACE TABLE {table} AS\n{answer}"])
