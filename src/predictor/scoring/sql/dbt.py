"""A saved model as a project of dbt: the model, its sources, tests and documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from predictor.core.errors import ReportError
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.dialects import Dialect
from predictor.scoring.sql.query import COLUMNS, Query, plan_query
from predictor.scoring.sql.stages import Tables

_LEADS, _EVENTS = "\0leads\0", "\0events\0"  # no table is called so


@dataclass(frozen=True, kw_only=True)
class DbtNames:
    """How the project is called, and where it finds the tables.

    Attributes:
        project: The name of the project and of its model, in small letters, digits and `_`.
        source: The name of the source that holds the two tables; empty where they are models of the same project.
        schema: Where the tables of the source are; empty for a schema of the source's own name.
    """

    project: str = "lead_scores"
    source: str = "crm"
    schema: str = ""


def write_dbt(scorer: Scorer, dialect: str, *, tables: Tables, names: DbtNames) -> dict[str, str]:
    """The files of the project, each below its path.

    Args:
        scorer: The bundle, with the rule of decision that is in service.
        dialect: A key of `DIALECTS`: that of the adapter.
        tables: The firm's tables, by their names in the source, or of models.
        names: Of project, source and schema.

    Raises:
        BundleError: The bundle cannot be written as SQL.
        ReportError: A name is not one that dbt takes.
    """
    for name in (names.project, *([names.source] if names.source else [])):
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
            raise ReportError(f"A name in dbt has small letters, digits and _, but is '{name}'. Write it as 'lead_scores'.")
    query = plan_query(scorer, dialect, tables=replace(tables, leads=_LEADS, events=_EVENTS))
    project = _Project(query, tables, names)
    return {
        "dbt_project.yml": project.write_settings(),
        **{f"models/{name}.sql": text for name, text in project.list_models()},
        f"models/{names.project}.yml": project.describe_model(scorer),
        **({f"models/{names.source}.yml": project.describe_source()} if names.source else {}),
        **{f"tests/{names.project}_{name}.sql": text for name, text in project.list_tests()},
    }


def escape_jinja(text: str) -> str:
    """A text that dbt reads as it stands, though it has braces as templates have.

    >>> print(escape_jinja("a {{ b }} {x}"))
    a {{ "{{" }} b }} {x}
    """
    return re.sub(r"\{[{%#]", lambda found: f'{{{{ "{found[0]}" }}}}', text)


def _quote(text: str) -> str:
    """A text in YAML, which dbt reads as it stands."""
    return json.dumps(escape_jinja(text), ensure_ascii=False)


class _Project:
    """Writes the files of one query."""

    def __init__(self, query: Query, tables: Tables, names: DbtNames) -> None:
        self._query, self._tables, self._names = query, tables, names
        self._dialect: Dialect = query.stages.dialect

    def write_settings(self) -> str:
        name = self._names.project
        lines = [
            "# Runs by itself, as a package of another project, or copied into one: models/ and tests/ are all that counts.",
            f"name: {name}",
            "config-version: 2",
            f"profile: {name}",
            "model-paths: [models]",
            "test-paths: [tests]",
        ]
        return "\n".join(lines) + "\n"

    def list_models(self) -> Iterator[tuple[str, str]]:
        """Each model with its SQL: one, or one for each stage where the dialect does not take them all in one statement."""
        query, project, stages = self._query, self._names.project, self._query.stages
        if not query.is_too_long:
            yield project, self._finish(f"{query.comment}\n{stages.write_query(query.answer)}\n")
            return
        config = "{{ config(materialized='table') }}\n"
        for name, body in stages.bodies.items():
            yield f"{project}__{name}", config + self._refer(self._finish(f"{body}\n"))
        yield project, self._refer(self._finish(f"{query.comment}\n{query.answer}\n"))

    def _finish(self, text: str) -> str:
        tables, text = self._tables, escape_jinja(text)
        return text.replace(_LEADS, self._locate(tables.leads)).replace(_EVENTS, self._locate(tables.events))

    def _locate(self, table: str) -> str:
        """A table of the firm as dbt refers to it."""
        named = json.dumps(table)
        return f'{{{{ source("{self._names.source}", {named}) }}}}' if self._names.source else f"{{{{ ref({named}) }}}}"

    def _refer(self, text: str) -> str:
        """A SELECT whose stages are models."""
        for name in self._query.stages.bodies:
            place = self._query.stages.locate(name)
            model = f'{{{{ ref("{self._names.project}__{name}") }}}}'
            text = re.sub(rf"\b(FROM|JOIN)\s+{re.escape(place)}(?=\s+AS\b)", rf"\1 {model}", text)
            text = re.sub(rf"\b(FROM|JOIN)\s+{re.escape(place)}", rf"\1 {model} AS {place}", text)
        return text

    def describe_model(self, scorer: Scorer) -> str:
        """The model and its columns, for `dbt docs`, and the tests of single columns."""
        what = f"The probability that sales accepts each lead, by model {scorer.version}."
        what = " ".join([what, *map(str, scorer.model_warnings)])
        lines = ["version: 2", "models:", f"  - name: {self._names.project}", f"    description: {_quote(what)}"]
        lines += ["    config:", "      materialized: table", "    columns:"]
        for name, text in COLUMNS.items():
            lines += self._describe_column(name, text, ["not_null"] if name == "model_version" else [])
        return "\n".join(lines) + "\n"

    def describe_source(self) -> str:
        """The two tables, with the columns that the model reads."""
        names, query = self._names, self._query
        lines = ["version: 2", "sources:", f"  - name: {names.source}"]
        lines += [f"    schema: {_quote(names.schema)}"] if names.schema else []
        lines += ["    tables:", f"      - name: {_quote(self._tables.leads)}"]
        lines += ['        description: "A row for each lead and moment."', "        columns:"]
        for column, text in query.lead_columns.items():
            lines += self._describe_column(column, text, [], indent=10)
        if query.event_columns:
            lines += [f"      - name: {_quote(self._tables.events)}"]
            lines += [
                '        description: "A row for each event; one without lead, date or type is left out."',
                "        columns:",
            ]
            for column in query.event_columns:
                lines += self._describe_column(column, "", [], indent=10)
        return "\n".join(lines) + "\n"

    def _describe_column(self, name: str, text: str, tests: list[str], *, indent: int = 6) -> list[str]:
        lines = [f"- name: {_quote(name)}", *([f"  description: {_quote(text)}"] if text else [])]
        if self._dialect.name_column(name) != name:
            lines.append("  quote: true")
        lines += ["  data_tests:", *(f"    - {test}" for test in tests)] if tests else []
        return [" " * indent + line for line in lines]

    def list_tests(self) -> Iterator[tuple[str, str]]:
        """Each test with its SQL: it gives the rows that are wrong. Where only the data can be at fault, it warns."""
        column = {name: self._dialect.name_column(name) for name in COLUMNS}
        probability, threshold, decision = column["probability"], column["threshold"], column["decision"]
        grade, problem, key = column["grade"], column["problem"], f"{column['lead_id']}, {column['as_of']}"
        yield "are_probabilities", self._select(key, f"{probability} < 0 OR {probability} > 1")
        yield "or_problem", self._select(key, f"({probability} IS NULL) = ({problem} IS NULL)")
        nurtured = f"{decision} = 'nurture' AND {probability} >= {threshold}"
        routed = f"{decision} = 'route_to_sales' AND {probability} < {threshold} - 1e-9"
        yield "decide_by_threshold", self._select(key, f"{nurtured} OR {routed}")
        ungraded = f"{probability} IS NOT NULL AND {grade} IS NULL"
        yield "have_grades", self._select(key, f"{grade} NOT IN ('A', 'B', 'C', 'D') OR {ungraded}")
        warn = "{{ config(severity='warn') }}\n"
        groups = f"{column['lead_id']} IS NOT NULL\nGROUP BY {key}\nHAVING COUNT(*) > 1"
        yield "are_one_a_lead_and_moment", warn + self._select(key, groups)
        yield "have_no_problem", warn + self._select(f"{key}, {problem}", f"{problem} IS NOT NULL")

    def _select(self, columns: str, where: str) -> str:
        return f'SELECT {columns} FROM {{{{ ref("{self._names.project}") }}}}\nWHERE {where}\n'  # noqa: S608  names of our own
