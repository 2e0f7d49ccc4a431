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


@app.command()
@print_errors
def dbt(  # noqa: PLR0917  options have names
    dialect: Annotated[DialectName, typer.Option(help="The database of the adapter.")],
    out: Annotated[Path, typer.Option(help="The folder to write; it must be empty, or hold an earlier export.")],
    model: Model = MODELS,
    leads: Annotated[str, typer.Option(help="The table of leads, by its name in the source.")] = "leads",
    events: Annotated[str, typer.Option(help="The table of events, likewise.")] = "events",
    source: Annotated[str, typer.Option(help="The source of dbt with both tables; '' where they are models of dbt.")] = "crm",
    schema: Annotated[str, typer.Option(help="The schema of the source, where it has another name.")] = "",
    name: Annotated[str, typer.Option(help="The name of the project and of its model.")] = "lead_scores",
    column: Columns = None,
    without: Without = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write the model as a project of dbt, with sources, tests and documentation."""
    from predictor.scoring.sql.dbt import DbtNames, write_dbt
    from predictor.scoring.sql.stages import Tables
    from predictor.scoring.threshold_advice import load_scorer

    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not (out / "dbt_project.yml").is_file():
        raise ReportError(f"--out must be an empty folder or an earlier export, but {out} is neither. Name another folder.")
    scorer = load_scorer(model)
    tables = Tables(leads=leads, events=events, columns=_read_columns(column or []), without=without or [])
    files = write_dbt(scorer, dialect.value, tables=tables, names=DbtNames(project=name, source=source, schema=schema))
    for old in [*out.glob(f"models/{name}*.sql"), *out.glob(f"tests/{name}_*.sql")]:
        old.unlink()
    for path, text in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")
    if as_json:
        print_json({"out": str(out), "model": scorer.version, "dialect": dialect.value, "files": list(files)})
        return
    console.out.print(f"{scorer.version} as a project of dbt for {dialect.value}: {count(len(files), 'file')} in {out}.")
    console.out.print(f"Run `dbt build --project-dir {out}` with a profile named '{name}', or add the folder to your project.")


def _read_columns(pairs: list[str]) -> dict[str, str]:
    """Our name -> the column of the tables.

    Raises:
        ReportError: A pair has no equals sign.
    """
    for pair in pairs:
        if not all(pair.partition("=")):
            raise ReportError(f"--column must be OURS=THEIRS, but is '{pair}'. Write it as 'Lead Source=lead_source'.")
    return dict(pair.split("=", 1) for pair in pairs)
