"""A saved model as one SQL query over a table of leads and a table of events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from predictor.core.errors import BundleError, list_names
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.calibration import CalibrationWriter
from predictor.scoring.sql.dialects import DIALECTS, Dialect
from predictor.scoring.sql.inputs import InputsWriter
from predictor.scoring.sql.matrix import MatrixWriter
from predictor.scoring.sql.model_terms import TermWriter
from predictor.scoring.sql.stages import Stages, Tables

_AT_ONCE = 40  # terms of one sum, since databases limit how deep an expression may be
_STAGE = 20_000  # characters of terms in one stage
_SLACK = 1e-12  # a probability that is the threshold but for its last digits reaches it
COLUMNS = {
    "lead_id": "The lead, as the table of leads writes it.",
    "as_of": "The moment of the score; later events are not used.",
    "probability": "The probability that sales accepts the lead within the horizon; empty where `problem` says why.",
    "threshold": "The probability from which a lead goes to sales.",
    "decision": "route_to_sales or nurture.",
    "grade": "A, B, C or D by fixed probabilities.",
    "points": "The hand-set points; empty where they are not known.",
    "points_decision": "What the points alone would decide; empty where the firm names no gate.",
    "problem": "Why the lead has no probability; empty where it has one.",
    "model_version": "The bundle that the query was made from.",
}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A model as a chain of stages.

    Attributes:
        stages: The stages, each a SELECT over those before.
        answer: The SELECT with the columns of `COLUMNS`, over the last stage.
        comment: What the tables must hold, as comments of SQL.
        lead_columns: Columns of the table of leads, each with what it must hold, in words; empty where that needs no word.
        event_columns: Columns of the table of events; empty where the model looks at no events.
    """

    stages: Stages
    answer: str
    comment: str
    lead_columns: dict[str, str]
    event_columns: tuple[str, ...]

    @property
    def is_too_long(self) -> bool:
        """Whether the dialect does not take it as one statement."""
        most = self.stages.dialect.most_characters
        return most is not None and len(self.stages.write_query(self.answer)) > most


@dataclass(frozen=True, kw_only=True)
class Sql:
    """A model as SQL.

    Attributes:
        text: The statement, or several, with a comment at the top that says what the tables must hold.
        lead_columns: Columns of the table of leads, each with what it must hold, in words; empty where that needs no word.
        event_columns: Columns of the table of events; empty where the model looks at no events.
        statements: How many statements the text has: more than one where the dialect limits their length.
    """

    text: str
    lead_columns: dict[str, str]
    event_columns: tuple[str, ...]
    statements: int


def write_sql(scorer: Scorer, dialect: str, *, tables: Tables | None = None, view: str = "") -> Sql:
    """The model of a scorer as SQL that gives a row for each row of leads, with the columns of `COLUMNS`.

    The moment of a score is in the column that training read as `mql_at`; where that is empty, it is now.

    Args:
        scorer: The bundle, with the rule of decision that is in service.
        dialect: A key of `DIALECTS`.
        tables: The firm's tables; None for `leads` and `events` as the training read them.
        view: The view to create, as SQL names it; empty for a query alone.

    Raises:
        BundleError: The bundle cannot be written as SQL.
    """
    query = plan_query(scorer, dialect, tables=tables)
    text, statements = _finish(query, view)
    return Sql(
        text=f"{query.comment}\n{text};\n",
        lead_columns=query.lead_columns,
        event_columns=query.event_columns,
        statements=statements,
    )


def plan_query(scorer: Scorer, dialect: str, *, tables: Tables | None = None) -> Query:
    """The stages and the answer of a model, which `write_sql` and `write_dbt` put into files.

    Args:
        scorer: The bundle, with the rule of decision that is in service.
        dialect: A key of `DIALECTS`.
        tables: The firm's tables; None for `leads` and `events` as the training read them.

    Raises:
        BundleError: The bundle cannot be written as SQL.
    """
    tables = Tables() if tables is None else tables
    _check(scorer)
    spoken = DIALECTS[dialect]
    stages = Stages(spoken)
    inputs = InputsWriter(scorer, stages, tables=tables)
    terms = TermWriter(spoken)
    listed = terms.list_terms(scorer.model)
    matrix = MatrixWriter(scorer, inputs, spoken)
    as_of = {**scorer.settings.columns, **tables.columns}.get("mql_at", "mql_at") if scorer.features.dated else None
    last = _add_matrix(scorer, stages, inputs, matrix, terms.used, as_of)
    last = _add_scores(scorer, stages, listed, last)
    read = inputs.attributes.columns | ({as_of: "the moment of the score"} if as_of else {})
    return Query(
        stages=stages,
        answer=_write_answer(scorer, spoken, last),
        comment=_write_comment(scorer, read, inputs.event_columns, tables),
        lead_columns=read,
        event_columns=tuple(inputs.event_columns),
    )


def _check(scorer: Scorer) -> None:
    if scorer.own is not None:
        raise BundleError(
            "The model uses features of the firm's own, which are functions of Python. Score with `predictor score`."
        )
    features = scorer.features
    used = {"earlier episodes of a lead (features.earlier_episodes)": features.uses_episodes}
    used |= {"other leads of the account (features.accounts)": features.uses_accounts}
    for what in (what for what, is_used in used.items() if is_used):
        do = "Score with `predictor score`, or train without them."
        raise BundleError(f"The model uses {what}, which SQL does not compute. {do}")
    if scorer.segments is not None and scorer.segments.some_own:
        what = f"Segments of '{scorer.segments.column}' have calibrators or thresholds of their own, which SQL does not compute."
        raise BundleError(f"{what} Score with `predictor score`, or train without segments.")
    if scorer.way_unlike != "model":
        what = f'`threshold.unlike` is "{scorer.way_unlike}", and SQL cannot decide leads unlike those of the training so.'
        raise BundleError(f'{what} Score with `predictor score`, or set it to "model" with `predictor threshold --set`.')


def _add_matrix(
    scorer: Scorer, stages: Stages, inputs: InputsWriter, matrix: MatrixWriter, used: Collection[int], as_of: str | None
) -> str:
    """Add the stages up to the matrix; returns the last."""
    counts = [place for place in used if matrix.is_count(place)]
    places = {*used, *(scorer.features.attributes if counts else ())}
    columns = matrix.list_columns(places)
    total, problem = matrix.write_total(), matrix.write_problem(has_moment=as_of is not None)
    last = inputs.write(as_of, matrix.events)
    quote = stages.dialect.quote
    kept = [(name, quote(name)) for name in ("lead_id", "scored_at", "qualifies")]
    last = stages.add("matrix", stages.select([*kept, ("points", total), ("problem", problem), *columns], last, keep=False))
    if counts:
        last = stages.add("missing", stages.select([(f"f{counts[0]}", matrix.count_missing())], last))
    return last


def _add_scores(scorer: Scorer, stages: Stages, terms: Sequence[str], last: str) -> str:
    """Add the stages from the matrix to the probability; returns the last."""
    quote, sums = stages.dialect.quote, list[str]()
    parts = [" + ".join(f"({term})" for term in terms[start : start + _AT_ONCE]) for start in range(0, len(terms), _AT_ONCE)]
    number, columns, size = 1, list[tuple[str, str]](), 0
    for place, part in enumerate(parts):
        if columns and size + len(part) > _STAGE:
            last, number, columns, size = stages.add(f"terms_{number}", stages.select(columns, last)), number + 1, [], 0
        columns.append((f"s{place}", part))
        sums.append(quote(f"s{place}"))
        size += len(part)
    last = stages.add(f"terms_{number}", stages.select(columns, last))
    last = stages.add("score", stages.select([("score", " + ".join(sums))], last))
    writer = CalibrationWriter(stages.dialect)
    first, second = writer.list_steps(scorer.calibrator, quote("score"), quote("calibrated"))
    last = stages.add("calibrated", stages.select([("calibrated", first)], last))
    probability = f"CASE WHEN {quote('problem')} IS NULL THEN {second} END"
    return stages.add("probability", stages.select([("probability", probability)], last))


def _write_answer(scorer: Scorer, dialect: Dialect, last: str) -> str:
    quote, text, number = dialect.quote, dialect.write_text, dialect.write_number
    probability, points, gate = quote("probability"), quote("points"), scorer.gate
    known = f"WHEN {quote('problem')} IS NOT NULL THEN NULL"
    reached = f"WHEN {probability} >= {number(scorer.threshold - _SLACK)} THEN {text('route_to_sales')}"
    grades = " ".join(f"WHEN {probability} >= {number(low - _SLACK)} THEN {text(name)}" for name, low in scorer.grades.items())
    by_points = f"CAST(NULL AS {dialect.text})"
    if gate is not None:
        passed = f"WHEN {quote('qualifies')} OR {points} >= {number(gate)} THEN {text('route_to_sales')}"
        by_points = f"CASE {known} {passed} WHEN {points} IS NOT NULL THEN {text('nurture')} END"
    columns = {
        "lead_id": quote("lead_id"),
        "as_of": quote("scored_at"),
        "probability": probability,
        "threshold": f"CASE {known} ELSE {number(scorer.threshold)} END",
        "decision": f"CASE {known} {reached} ELSE {text('nurture')} END",
        "grade": f"CASE {known} {grades} ELSE {text('D')} END",
        "points": f"CASE {known} ELSE {points} END",
        "points_decision": by_points,
        "problem": quote("problem"),
        "model_version": text(scorer.version),
    }
    lines = [f"  {expression} AS {dialect.name_column(name)}" for name, expression in columns.items()]
    return "SELECT\n" + ",\n".join(lines) + f"\nFROM {last}"


def _finish(query: Query, view: str) -> tuple[str, int]:
    """The text, and how many statements it has."""
    if query.is_too_long:
        return query.stages.write_tables(query.answer, view or "lead_scores"), len(query.stages.bodies) + 1
    text = query.stages.write_query(query.answer)
    return (f"CREATE OR REPLACE VIEW {view} AS\n{text}" if view else text), 1


def _write_comment(scorer: Scorer, columns: dict[str, str], event_columns: Sequence[str], tables: Tables) -> str:
    """What the tables must hold, as comments."""
    described = [f"{name} ({what})" if what else name for name, what in columns.items()]
    lines = [f"Scores of model {scorer.version}, made by `predictor export`.", *map(str, scorer.model_warnings)]
    named = list_names(described, most=len(described))
    lines.append(f"Table {tables.leads}, a row for each lead and moment, has the columns {named}.")
    if event_columns:
        lines.append(f"Table {tables.events}, a row for each event, has the columns {list_names(event_columns, most=6)}.")
    lines.append("Numbers must be numbers or plain texts as 1234.5, dates must be timestamps, or texts as 2026-03-31T14:05:00Z.")
    lines.append(f"Dates without a zone are read in the zone of the session: set it to {scorer.features.timezone}.")
    return "\n".join(f"-- {line}" for text in lines for line in text.splitlines())
