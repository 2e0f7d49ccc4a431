"""The commands that apply a bundle: score leads, compare candidates on them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from predictor.cli import console
from predictor.cli.options import (
    MODELS,
    AsJson,
    Excel,
    Model,
    OwnConfig,
    check_output_file,
    list_findings,
    load_own_functions,
    print_errors,
    print_json,
)
from predictor.core.errors import ScoringError, count

if TYPE_CHECKING:
    import pandas as pd

    from predictor.core.errors import Finding
    from predictor.scoring.scorer import Scorer


class Engine(StrEnum):
    """What computes features, points and answers."""

    duckdb = "duckdb"
    spark = "spark"


@print_errors
def score(
    leads: Annotated[Path, typer.Option(help="CSV, Parquet, Excel or JSON, a row for each lead.")],
    out: Annotated[Path, typer.Option(help="CSV, Parquet or Excel (.xlsx) to write.")],
    model: Model = MODELS,
    events: Annotated[
        str | None, typer.Option(help="CSV, Parquet, Excel or JSON, a row for each event; a folder, a glob, or URL#TABLE.")
    ] = None,
    reasons: Annotated[
        int, typer.Option(min=0, max=20, help="Reasons for each lead; 0: neither these nor fit and engagement.")
    ] = 3,
    config: OwnConfig = None,
    *,
    excel: Excel = None,
    keep: Annotated[str, typer.Option(help="Columns of the file to copy beside the answers, as company,email.")] = "",
    accounts: Annotated[
        Path | None, typer.Option(help="Also write the accounts with open leads: that at least one of these is accepted.")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="What computes; spark reads Parquet or CSV (UTF-8, commas).")] = Engine.duckdb,
    as_json: AsJson = False,
) -> None:
    """Score a file of leads."""
    import pandas as pd

    from predictor.data.read.table_files import write_table
    from predictor.data.read.write_csv import list_changed_keys
    from predictor.scoring.threshold_advice import load_scorer

    _check_written(out, accounts, read=[leads, events], engine=engine)
    load_own_functions(config)
    scorer = load_scorer(model)
    now, kept = pd.Timestamp(datetime.now(UTC)), [name.strip() for name in keep.split(",") if name.strip()]
    scored = None
    if engine is Engine.spark:
        answers, findings = _score_on_spark(scorer, leads, events, now=now, reasons=reasons, keep=kept)
    else:
        answers, findings, scored = _score_here(
            scorer, leads, events, now=now, reasons=reasons, keep=kept, with_accounts=accounts is not None
        )
    write_table(answers, out, decimal=excel)
    if accounts is not None and scored is not None:
        write_table(scored, accounts, decimal=excel)
    failed = int(answers["probability"].isna().sum())
    routed = int((answers["decision"] == "route_to_sales").sum())
    if as_json:
        summary = {"out": str(out), "leads": len(answers), "routed": routed, "failed": failed, "model": scorer.version}
        summary |= {} if scored is None else {"accounts": len(scored)}
        print_json(summary | {"findings": list_findings(findings)})
    else:
        console.show_findings(findings, with_tips=True)
        console.out.print(f"{count(len(answers), 'lead')} scored by {scorer.version}: {routed:,} to sales. They are in {out}.")
        if scored is not None:
            console.out.print(f"{count(len(scored), 'account')} with open leads. They are in {accounts}.")
    if excel and out.suffix.casefold() == ".csv" and (changed := list_changed_keys(answers["lead_id"])):
        console.err.print(f"[yellow]A spreadsheet changes keys as '{console.escape(changed[0])}' of a CSV. Name an .xlsx.[/]")
    if failed:
        console.err.print(f"[red]{count(failed, 'lead')} could not be scored; the column 'warnings' says why.[/]")
        raise typer.Exit(1)


def _check_written(out: Path, accounts: Path | None, *, read: list[Path | str | None], engine: Engine) -> None:
    """Raise if a file cannot be written because it is an input or named twice, or the engine does not give it."""
    from predictor.data.read.file_kinds import split_sheet

    inputs = {split_sheet(Path(place))[0].resolve() for place in read if place is not None}
    for option, file in (("--out", out), ("--accounts", accounts)):
        if file is not None and file.resolve() in inputs:
            raise ScoringError(f"{option} names '{file}', which is an input: the export would be lost. Name another file.")
    if accounts is not None and accounts.resolve() == out.resolve():
        raise ScoringError(f"--out and --accounts both name '{out}'. Name two files.")
    if accounts is not None and engine is Engine.spark:
        raise ScoringError("--accounts is not for --engine spark. Score with --engine duckdb.")


def _score_here(
    scorer: Scorer,
    leads: Path,
    events: str | None,
    *,
    now: pd.Timestamp,
    reasons: int,
    keep: list[str],
    with_accounts: bool,
) -> tuple[pd.DataFrame, tuple[Finding, ...], pd.DataFrame | None]:
    from predictor.data.raw_tables import read_tables
    from predictor.scoring.account_table import score_accounts
    from predictor.scoring.answer_table import keep_columns
    from predictor.scoring.batch import score_leads

    raw = read_tables(scorer.settings, leads=str(leads), events=events)
    answers, found = score_leads(scorer, raw.leads, raw.events, now=now, reasons=reasons)
    accounts = score_accounts(scorer, raw.leads, answers, now=now) if with_accounts else None
    return keep_columns(answers, raw.leads, keep), (*raw.notes, *found), accounts


def _score_on_spark(
    scorer: Scorer, leads: Path, events: str | None, *, now: pd.Timestamp, reasons: int, keep: list[str]
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    if keep:
        raise ScoringError("--keep is not for --engine spark. Leave it out, and join the answers with the leads by lead_id.")
    from predictor.scoring.spark_table import score_files

    return score_files(str(leads), events, scorer, now=now, reasons=reasons)


@print_errors
def compare(
    out: Annotated[Path, typer.Option(help="The page or the Markdown summary to write, as report.html or report.md.")],
    model: Model = MODELS,
    leads: Annotated[
        str, typer.Option(help="Leads with outcomes, in the format of the training data; without it, the forward test.")
    ] = "",
    events: Annotated[str, typer.Option(help="The events: a file, a folder, a glob, or URL#TABLE.")] = "",
    tables: Annotated[Path | None, typer.Option(help="A folder to write every table to, as CSV.")] = None,
    *,
    excel: Excel = None,
    as_json: AsJson = False,
) -> None:
    """Compare points, learned points and model on the same leads: those of the forward test, or others with outcomes."""
    from predictor.core.wording import choose_test_words
    from predictor.data.read.table_files import write_table
    from predictor.data.read.write_csv import guard_formulas
    from predictor.report.summary import write_summary
    from predictor.scoring.bundle.files import load_bundle
    from predictor.scoring.bundle.registry import find_bundle
    from predictor.training.compare import compare_bundle, decide_bundle, write_page

    _check_outputs(out, tables, events)
    bundle = load_bundle(find_bundle(model))
    comparison, note = compare_bundle(bundle, leads=leads, events=events)
    decision = decide_bundle(bundle, comparison, leads=leads)
    subject = "the leads given" if leads else f"the {choose_test_words(bundle.read_json('metrics.json')).name}"
    if out.suffix == ".html":
        text = write_page(bundle, comparison, note=note, leads=leads)
    else:
        text = write_summary(comparison, title=f"Points against {bundle.version}, on {subject}", note=note, decision=decision)
    files = {} if tables is None else {tables / f"{name}.csv": table for name, table in comparison.tables.items()}
    _check_not_read({out, *files}, leads, events)
    try:
        if tables is not None:
            tables.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScoringError(f"'{error.filename}' cannot be written: {error.strerror}. Name another place.") from error
    for file, table in files.items():
        write_table(guard_formulas(table), file, decimal=excel)
    if as_json:
        print_json({"out": str(out), "note": note, "decision": decision.to_json(), **comparison.to_json()})
        return
    console.show_decision(decision.to_json())
    for sentence in (*comparison.sentences, *comparison.limitations):
        console.out.print(console.escape(sentence))
    if note:
        console.err.print(f"[yellow]{console.escape(note)}[/]")
    console.out.print(f"The {'page' if out.suffix == '.html' else 'summary'} is in {out}.")


def _check_outputs(out: Path, tables: Path | None, events: str) -> None:
    """Raise before anything is computed if an output cannot be written."""
    check_output_file("--out", out, {".html": "page", ".md": "Markdown file"})
    if tables is not None and tables.exists() and not tables.is_dir():
        raise ScoringError(f"--tables must name a folder, but '{tables}' is a file. Name a new or existing folder.")
    if tables is not None and events and tables.resolve() == Path(events).resolve():
        raise ScoringError(f"--tables names '{tables}', whose files are read as events. Name another folder.")


def _check_not_read(written: set[Path], *places: str) -> None:
    """Raise if an output file is one of the files that were read."""
    read = {file.resolve() for place in places if place and "://" not in place for file in _list_files(place)}
    if lost := sorted(str(file) for file in written if file.resolve() in read):
        raise ScoringError(f"'{lost[0]}' would be written, but it is an input: the export would be lost. Name another place.")


def _list_files(place: str) -> list[Path]:
    """The files that a file, a folder or a glob names."""
    path = Path(place).absolute()
    return [*path.rglob("*")] if path.is_dir() else [path, *Path(path.anchor).glob(str(path.relative_to(path.anchor)))]
