"""The commands that write a bundle for other systems: as SQL, and as a project of dbt."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from predictor.cli import console
from predictor.cli.options import MODELS, AsJson, Model, check_output_file, print_errors, print_json
from predictor.core.errors import ReportError, count

app = typer.Typer(no_args_is_help=True, help="Write a bundle for a warehouse: as SQL, or as a project of dbt.")


class DialectName(StrEnum):
    """The databases that a bundle can be written for."""

    duckdb = "duckdb"
    postgres = "postgres"
    snowflake = "snowflake"
    bigquery = "bigquery"
    spark = "spark"
    databricks = "databricks"


Dialect = Annotated[DialectName, typer.Option(help="The database that runs it.")]
Leads = Annotated[str, typer.Option(help="The table of leads, as SQL names it.")]
Events = Annotated[str, typer.Option(help="The table of events, as SQL names it.")]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="A column that the tables name otherwise, as 'Lead Source=lead_source'.")
]
Without = Annotated[list[str] | None, typer.Option(help="A column that the tables do not have; it is taken as not known.")]


@app.command()
@print_errors
def sql(  # noqa: PLR0917  options have names
    dialect: Dialect,
    out: Annotated[Path, typer.Option(help="The file to write, as scores.sql.")],
    model: Model = MODELS,
    leads: Leads = "leads",
    events: Events = "events",
    view: Annotated[str, typer.Option(help="A view to create; without it the file is a query.")] = "",
    column: Columns = None,
    without: Without = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write the model as SQL, which scores leads where their tables are."""
    from predictor.scoring.sql.query import write_sql
    from predictor.scoring.sql.stages import Tables
    from predictor.scoring.threshold_advice import load_scorer

    check_output_file("--out", out, {".sql": "SQL file"})
    tables = Tables(leads=leads, events=events, columns=_read_columns(column or []), without=without or [])
    scorer = load_scorer(model)
    written = write_sql(scorer, dialect.value, tables=tables, view=view)
    out.write_text(written.text, encoding="utf-8")
    if as_json:
        facts = {"out": str(out), "model": scorer.version, "dialect": dialect.value, "statements": written.statements}
        print_json(facts | {"lead_columns": list(written.lead_columns), "event_columns": list(written.event_columns)})
        return
    console.out.print(f"{scorer.version} as {count(written.statements, 'statement')} of {dialect.value}: {out}.")
    console.out.print("The comment at its top says what the two tables must hold.")


def _read_columns(pairs: list[str]) -> dict[str, str]:
    """Our name -> the column of the tables.

    Raises:
        ReportError: A pair has no equals sign.
    """
    for pair in pairs:
        if not all(pair.partition("=")):
            raise ReportError(f"--column must be OURS=THEIRS, but is '{pair}'. Write it as 'Lead Source=lead_source'.")
    return dict(pair.split("=", 1) for pair in pairs)
