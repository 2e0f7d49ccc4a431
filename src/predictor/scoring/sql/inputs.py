"""What a model knows of each lead, as SQL: attributes, features over its events, and points, a row for each row of leads."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import ibis

from predictor.core.cell_formats import YES_NO_FORMATS
from predictor.data.values import MOST_VALUE
from predictor.features.event_features import EventFeature
from predictor.features.table import select_event_features
from predictor.points.award import matches_attribute
from predictor.points.award_table import sum_firing_events
from predictor.points.rule import AttributeCondition, EventCondition, OneOf, Present, Rule
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.attributes import Attributes
from predictor.scoring.sql.stages import Stages, Tables

EVENT_COLUMNS = ("lead_id", "occurred_at", "event_type", "asset", "campaign", "value")


class InputsWriter:
    """Writes the stages from the firm's two tables to one row a lead.

    Attributes:
        attributes: The columns of leads that are read.
        event_columns: The columns of events that are read; empty where the model looks at no events.
    """

    def __init__(self, scorer: Scorer, stages: Stages, *, tables: Tables) -> None:
        self._scorer, self._stages, self._dialect = scorer, stages, stages.dialect
        self._theirs, self._without = {**scorer.settings.event_columns, **tables.columns}, tables.without
        self._tables = tables
        self.attributes = Attributes(scorer, stages.dialect, tables=tables)
        self.event_columns: list[str] = []
        self._numbers: dict[str, str] = {}  # attribute -> its column of floats
        self._moments: dict[str, str] = {}  # attribute -> its column of microseconds
        self._rules: Sequence[Rule] = scorer.book.rules if scorer.book is not None else ()

    def find_number(self, name: str) -> str:
        """The column that holds an attribute as a float; missing where it is none."""
        if name not in self._numbers:
            self._numbers[name] = self._dialect.quote(f"v{len(self._numbers)}")
            self.attributes.find(name)
            self.attributes.find_known(name)
        return self._numbers[name]

    def find_moment(self, name: str) -> str:
        """The column that holds an attribute in microseconds since 1970; missing where it is no date."""
        if name not in self._moments:
            self._moments[name] = self._dialect.quote(f"m{len(self._moments)}")
            self.attributes.find_known(name)
        return self._moments[name]

    def match(self, condition: AttributeCondition) -> str:
        """Whether an attribute meets the condition of a rule: true or false, never missing."""
        if (text := self.attributes.find(condition.attribute)) is None:
            return "TRUE" if matches_attribute(condition, None) else "FALSE"
        if isinstance(condition, OneOf):
            return f"COALESCE({text} IN {self._dialect.write_texts(list_number_spellings(condition.texts))}, FALSE)"
        if isinstance(condition, Present):
            return f"{text} IS {'NOT ' if condition.present else ''}NULL"
        number, bounds = self.find_number(condition.attribute), []
        if condition.low > -float("inf"):
            bounds.append(f"{number} >= {self._dialect.write_number(condition.low)}")
        if condition.high < float("inf"):
            bounds.append(f"{number} < {self._dialect.write_number(condition.high)}")
        return f"COALESCE({' AND '.join([*bounds, f'{number} IS NOT NULL'])}, FALSE)"

    def write(self, as_of: str | None, features: Sequence[tuple[int, EventFeature]]) -> str:
        """Add the stages; returns the name of the last. What `find_number` and the like named before is in it.

        Args:
            as_of: The column of leads with the moment of the score; None: leads have none, and are scored as of now.
            features: Features over events that are needed, each with its column of the matrix.
        """
        listed = [(place, rule.condition) for place, rule in enumerate(self._rules)]
        conditions = {place: condition for place, condition in listed if isinstance(condition, EventCondition)}
        matches = {place: self.match(condition) for place, condition in listed if not isinstance(condition, EventCondition)}
        dated = self._scorer.features.dated
        features, conditions = (features, conditions) if dated else ([], {})
        last = self._add_leads(as_of)
        if not features and not conditions:
            return self._stages.add("inputs", self._stages.select(self._award(matches, {}), last))
        self._add_events(last)
        joined = [last]
        for name, body in (("event_features", self._select_features(features)), ("event_rules", self._sum_rules(conditions))):
            if body:
                joined.append(self._stages.add(name, body))
        return self._stages.add("inputs", self._join(joined, matches, conditions))

    def _add_leads(self, as_of: str | None) -> str:
        stages, dialect, steps = self._stages, self._dialect, self.attributes.steps
        key, names = self.attributes.name_column("lead_id"), list(steps)
        text = dialect.read_text(key) if key is not None else "NULL"
        columns = [("lead_id", text)]
        if as_of is not None:
            columns += [("as_of_text", dialect.read_text(dialect.name_column(as_of)))]
            columns += [("as_of", dialect.read_moment(dialect.name_column(as_of)))]
        columns += [(f"r{place}", steps[name].read) for place, name in enumerate(names)]
        for name, column in self._numbers.items():
            source = steps[name].column
            if self._scorer.features.attribute_formats.get(name) not in YES_NO_FORMATS:
                columns.append((column.strip(dialect.mark), "NULL" if source is None else dialect.read_number(source)))
        for name, column in self._moments.items():
            source = steps[name].column
            moment = "NULL" if source is None else dialect.count_micros(dialect.read_moment(source))
            columns.append((column.strip(dialect.mark), moment))
        last = stages.add("lead_texts", stages.select(columns, self._tables.leads, keep=False))
        return self._add_lead_steps(last, has_moment=as_of is not None)

    def _add_lead_steps(self, last: str, *, has_moment: bool) -> str:
        stages, quote, steps = self._stages, self._dialect.quote, list(self.attributes.steps.values())
        known = [(f"t{place}", step.known) for place, step in enumerate(steps)]
        known.append(("lead_key", self.attributes.blank(quote("lead_id"))))
        if has_moment:
            known.append(("as_of_known", self.attributes.blank(quote("as_of_text"))))
        last = stages.add("lead_values", stages.select(known, last))
        words = [(f"p{place}", step.prepared) for place, step in enumerate(steps)]
        given = f"CASE WHEN {quote('as_of_known')} IS NULL THEN CURRENT_TIMESTAMP ELSE {quote('as_of')} END"
        words.append(("scored_at", given if has_moment else "CURRENT_TIMESTAMP"))
        last = stages.add("lead_words", stages.select(words, last))
        values = [(f"a{place}", step.value) for place, step in enumerate(steps)]
        values.append(("as_of_us", self._dialect.count_micros(quote("scored_at"))))
        return stages.add("leads", stages.select(values, last))

    def _add_events(self, leads: str) -> None:
        stages, dialect, quote = self._stages, self._dialect, self._dialect.quote
        source = f"(SELECT DISTINCT {quote('lead_key')}, {quote('as_of_us')} FROM {leads}) moments"  # noqa: S608  nothing of it comes from a request
        number = f"ROW_NUMBER() OVER (ORDER BY {quote('lead_key')}, {quote('as_of_us')})"
        columns = [("row", f"CAST({number} AS BIGINT)"), ("lead_id", quote("lead_key")), ("as_of_us", quote("as_of_us"))]
        if dialect.name == "bigquery":
            columns[0] = ("row", number)
        known = f"{quote('lead_key')} IS NOT NULL AND {quote('as_of_us')} IS NOT NULL"
        stages.add("rows", stages.select(columns, f"{source}\nWHERE {known}", keep=False))
        named = {name: self._theirs.get(name, name) for name in EVENT_COLUMNS}
        self.event_columns = [column for name, column in named.items() if column not in self._without]
        found = {name: dialect.name_column(column) for name, column in named.items() if column not in self._without}
        texts = [(f"{name}_text", dialect.read_text(found[name])) for name in EVENT_COLUMNS if name in found]
        texts.append(("moment", dialect.read_moment(found["occurred_at"])))
        if "value" in found:
            texts.append(("number", dialect.read_number(found["value"])))
        last = stages.add("event_texts", stages.select(texts, self._tables.events, keep=False))
        known_texts = [(name, self.attributes.blank(quote(f"{name}_text"))) for name in EVENT_COLUMNS if name in found]
        last = stages.add("event_values", stages.select(known_texts, last))
        columns = [("lead_id", quote("lead_id")), ("at_us", dialect.count_micros(quote("moment")))]
        for name in ("event_type", "asset", "campaign"):
            text = dialect.normalise(quote(name)) if name in found else f"CAST(NULL AS {dialect.text})"
            columns.append((name, f"({text}){dialect.collation}"))
        columns.append(("value", quote("number") if "value" in found else f"CAST(NULL AS {dialect.double})"))
        where = [f"{quote(name)} IS NOT NULL" for name in ("lead_id", "moment", "event_type")]
        if "value" in found:  # a row whose value cannot be read, or is implausible, is left out
            plausible = f"ABS({quote('number')}) <= {dialect.write_number(MOST_VALUE)}"
            where.append(f"({quote('value')} IS NULL OR LOWER({quote('value')}) = 'nan' OR {plausible})")
        stages.add("events", stages.select(columns, f"{last}\nWHERE {' AND '.join(where)}", keep=False))

    def _refer(self) -> tuple[ibis.Table, ibis.Table]:
        """The two stages that expressions of Ibis look at."""
        rows = ibis.table({"row": "int64", "lead_id": "string", "as_of_us": "int64"}, name="predictor_rows")
        texts = dict.fromkeys(("event_type", "asset", "campaign"), "string")
        return rows, ibis.table({"lead_id": "string", "at_us": "int64", **texts, "value": "float64"}, name="predictor_events")

    def _compile(self, expression: ibis.Table) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Ibis, about options of a backend that is not connected
            return str(ibis.to_sql(expression, dialect=self._dialect.ibis))

    def _select_features(self, features: Sequence[tuple[int, EventFeature]]) -> str:
        if not features:
            return ""
        named = [replace(feature, name=f"e{place}") for place, feature in features]
        return self._compile(select_event_features(named, *self._refer(), {}))

    def _sum_rules(self, conditions: dict[int, EventCondition]) -> str:
        return self._compile(sum_firing_events(conditions, *self._refer(), {})) if conditions else ""

    def _join(self, joined: Sequence[str], matches: dict[int, str], conditions: dict[int, EventCondition]) -> str:
        quote, leads, others = self._dialect.quote, joined[0], joined[1:]
        columns = [f"{leads}.*", *(f"{expression} AS {quote(name)}" for name, expression in self._award(matches, conditions))]
        if (features := self._stages.locate("event_features")) in others:
            columns.append(f"{features}.*")
        rows = self._stages.locate("rows")
        on = [f"{leads}.{quote(ours)} = {rows}.{quote(theirs)}" for ours, theirs in (("lead_key", "lead_id"), ("as_of_us",) * 2)]
        lines = [f"LEFT JOIN {rows} ON {' AND '.join(on)}"]
        lines += [f"LEFT JOIN {other} ON {rows}.{quote('row')} = {other}.{quote('row')}" for other in others]
        return "SELECT\n  " + ",\n  ".join(columns) + f"\nFROM {leads}\n" + "\n".join(lines)

    def _award(self, matches: dict[int, str], conditions: dict[int, EventCondition]) -> list[tuple[str, str]]:
        """For each rule its points (`points_0`) and how many times they were due (`times_0`); whether one qualifies by itself."""
        number, quote, columns, qualifying = self._dialect.write_number, self._dialect.quote, list[tuple[str, str]](), list[str]()
        for place, rule in enumerate(self._rules):
            points = number(rule.points)
            if (condition := conditions.get(place)) is not None:
                counts = f"COALESCE({quote(f'count_{place}')}, 0)"
                times = counts if condition.half_life is None else f"COALESCE({quote(f'weight_{place}')}, {number(0)})"
                once = condition.half_life is None and not condition.per_event
                points = f"{points} * {f'LEAST({counts}, 1)' if once else times}"
                if condition.cap is not None:
                    points = f"LEAST(GREATEST({points}, {number(-condition.cap)}), {number(condition.cap)})"
                fired = f"{counts} > 0"
            elif place in matches:
                fired = matches[place]
                points, times = (f"CASE WHEN {fired} THEN {one} ELSE {number(0)} END" for one in (points, number(1)))
            else:  # a rule on events, where leads have no moments
                fired, points, times = "FALSE", number(0), number(0)
            columns += [(f"points_{place}", points), (f"times_{place}", f"{number(1)} * {times}")]
            qualifying += [f"({fired})"] if rule.qualifies else []
        return [*columns, ("qualifies", " OR ".join(qualifying) if qualifying else "FALSE")]


def list_number_spellings(texts: Sequence[str] | frozenset[str]) -> frozenset[str]:
    """Texts, and those that are whole numbers as a column of floats spells them too.

    >>> sorted(list_number_spellings(["3", "a"]))
    ['3', '3.0', 'a']
    """
    whole = {f"{text}.0" for text in texts if text.removeprefix("-").isdecimal()}
    return frozenset(texts) | whole
