"""The columns of a model's matrix as SQL, each an expression over what is known of a lead."""

from __future__ import annotations

from collections.abc import Collection

from predictor.core.cell_formats import YES_NO_FORMATS
from predictor.data.leads import POINTS_PREFIX, RULES_PREFIX
from predictor.data.yes_no import list_spellings, read_yes_no
from predictor.features.assemble import BOOK_TOTAL, TOTAL
from predictor.features.event_features import EventFeature
from predictor.features.feature import Feature
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.dialects import Dialect
from predictor.scoring.sql.inputs import InputsWriter, list_number_spellings

_DAY_S = 86_400


class MatrixWriter:
    """Writes the columns of one model.

    Attributes:
        events: The features over events that were written, each with its column of the matrix.
    """

    def __init__(self, scorer: Scorer, inputs: InputsWriter, dialect: Dialect) -> None:
        self._scorer, self._inputs, self._dialect = scorer, inputs, dialect
        self._features = scorer.features
        self._definitions = {feature.name: feature for feature in scorer.features.event_features}
        self.events: list[tuple[int, EventFeature]] = []

    def list_columns(self, used: Collection[int]) -> list[tuple[str, str]]:
        """Name and expression of columns of the matrix; how many attributes are missing is another stage.

        Args:
            used: Columns of the matrix.
        """
        features = self._features.features
        return [(f"f{place}", self._write(place, features[place])) for place in sorted(used) if not self.is_count(place)]

    def is_count(self, place: int) -> bool:
        """Whether a column is the number of attributes that are missing."""
        return self._features.features[place].kind == "missing_count"

    def count_missing(self) -> str:
        """How many attributes are missing, over their columns of the matrix."""
        quote = self._dialect.quote
        cases = [f"CASE WHEN {quote(f'f{place}')} IS NULL THEN 1 ELSE 0 END" for place in self._features.attributes]
        return " + ".join(cases) or "0"

    def write_total(self) -> str:
        """The points that a lead has; missing where they are not known."""
        if points := self._scorer.reader.points:
            return self._sum_points(points)
        return self._sum_rules(None) if self._scorer.book is not None else f"CAST(NULL AS {self._dialect.double})"

    def write_problem(self, *, has_moment: bool) -> str:
        """Why a lead cannot be scored, in words; missing where it can."""
        dialect, quote, inputs = self._dialect, self._dialect.quote, self._inputs
        cases = [(f"{quote('lead_key')} IS NULL", "lead_id is missing")]
        if has_moment:
            cases.append((f"{quote('scored_at')} IS NULL", "the moment of the score is not a date"))
        for name in dict.fromkeys([*self._list_attributes("number"), *self._scorer.reader.points]):
            text = inputs.attributes.find_known(name)
            is_odd = f"{text} IS NOT NULL AND LOWER({text}) <> 'nan' AND {self._write_number(name)} IS NULL"
            cases.append((is_odd, f"'{name}' is not a number"))
        for name in self._list_attributes("days_since") if self._features.dated else ():
            text = inputs.attributes.find_known(name)
            cases.append((f"{text} IS NOT NULL AND {inputs.find_moment(name)} IS NULL", f"'{name}' is not a date"))
        written = " ".join(f"WHEN {condition} THEN {dialect.write_text(text)}" for condition, text in cases)
        return f"CASE {written} END"

    def _list_attributes(self, kind: str) -> list[str]:
        return [feature.name for feature in self._features.features if feature.kind == kind and feature.is_attribute]

    def _write(self, place: int, feature: Feature) -> str:
        """The expression of one column."""
        if (definition := self._definitions.get(feature.name)) is not None:
            self.events.append((place, definition))
            column = self._dialect.quote(f"e{place}")
            return self._write_code(feature, column) if definition.is_category else column
        if feature.name.startswith((POINTS_PREFIX, RULES_PREFIX)):
            return self._write_points(feature.name)
        if feature.kind in ("member", "members"):
            return self._write_set(feature)
        if feature.kind == "number":
            return self._write_number(feature.name)
        if feature.kind == "days_since":
            return self._write_days(feature.name)
        return self._write_code(feature, self._inputs.attributes.find(feature.name) or "NULL")

    def _write_number(self, name: str) -> str:
        """A number of the lead; of yes and no, that of the plain text."""
        inputs, dialect = self._inputs, self._dialect
        if self._features.attribute_formats.get(name) in YES_NO_FORMATS:
            return dialect.read_number(inputs.attributes.find(name) or "NULL")
        return f"CASE WHEN {inputs.attributes.find_known(name)} IS NOT NULL THEN {inputs.find_number(name)} END"

    def _write_days(self, name: str) -> str:
        """Days from a date to the moment of the score; missing where the date is later."""
        if not self._features.dated:
            return f"CAST(NULL AS {self._dialect.double})"
        text, moment, as_of = (
            self._inputs.attributes.find_known(name),
            self._inputs.find_moment(name),
            self._dialect.quote("as_of_us"),
        )
        days = f"CAST({as_of} - {moment} AS {self._dialect.double}) / {self._dialect.write_number(1e6)}"
        return f"CASE WHEN {text} IS NOT NULL AND {moment} <= {as_of} THEN {days} / {self._dialect.write_number(_DAY_S)} END"

    def _write_code(self, feature: Feature, text: str) -> str:
        """The code of a category: its place, or one past the end for any other text."""
        dialect, meanings = self._dialect, {read_yes_no(category): code for code, category in enumerate(feature.categories)}
        spellings = {code: list_number_spellings([category]) for code, category in enumerate(feature.categories)}
        if meanings.keys() == {True, False} and len(feature.categories) == 2:
            for meaning in (True, False):
                spellings[meanings[meaning]] |= list_spellings(meaning=meaning)
        cases = " ".join(f"WHEN {text} IN {dialect.write_texts(texts)} THEN {code}" for code, texts in spellings.items())
        return f"CASE WHEN {text} IS NULL THEN NULL {cases} ELSE {len(feature.categories)} END"

    def _write_set(self, feature: Feature) -> str:
        """Whether a set has a member, or how many it has."""
        text = self._inputs.attributes.find(feature.column) or "NULL"
        if feature.kind == "members":
            return f"LENGTH({text}) - LENGTH(REPLACE({text}, ';', '')) - 1"
        member = self._dialect.write_text(f";{feature.categories[0]};")
        return f"CASE WHEN {text} IS NULL THEN NULL WHEN REPLACE({text}, {member}, '') <> {text} THEN 1 ELSE 0 END"

    def _write_points(self, name: str) -> str:
        rules = () if self._scorer.book is None else self._scorer.book.rules
        if name.startswith(RULES_PREFIX):
            place = next(at for at, rule in enumerate(rules) if f"{RULES_PREFIX}{rule.name}" == name)
            return self._dialect.quote(f"times_{place}")
        if name == TOTAL:
            return self.write_total()
        if name == BOOK_TOTAL:
            return self._sum_rules(None)
        group = name.removeprefix(POINTS_PREFIX)
        return self._write_number(group) if group in self._scorer.reader.points else self._sum_rules(group)

    def _sum_points(self, names: Collection[str]) -> str:
        """The sum of a CRM's own scores; missing where all are."""
        numbers, zero = [f"({self._write_number(name)})" for name in names], self._dialect.write_number(0)
        known = " + ".join(f"COALESCE({number}, {zero})" for number in numbers)
        return f"CASE WHEN COALESCE({', '.join([*numbers, 'NULL'])}) IS NOT NULL THEN {known} END"

    def _sum_rules(self, group: str | None) -> str:
        """The points of the rules of a group, or of all."""
        rules = () if self._scorer.book is None else self._scorer.book.rules
        places = [place for place, rule in enumerate(rules) if group in (None, rule.group)]
        return " + ".join(self._dialect.quote(f"points_{place}") for place in places) or self._dialect.write_number(0)
