"""Attributes of leads as SQL: read from the firm's columns in a few steps, each a column made of the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from predictor.core.cell_formats import SET_FORMATS, YES_NO_FORMATS
from predictor.data.email_domains import list_free_domains
from predictor.data.job_titles import PARTS, find_title, list_title_words
from predictor.data.missing import read_missing
from predictor.data.sets import SEPARATORS
from predictor.data.yes_no import PLAIN, list_spellings
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.dialects import Dialect
from predictor.scoring.sql.stages import Tables

KIND = "email_domain_kind"
_LETTERS = "0-9a-z_&\u00c0-\u024f\u0370-\u1fff\u2c00-\ufffd"  # of words, in normal texts


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The columns of one attribute, from the firm's to the one that features and rules use.

    Attributes:
        column: The firm's column, in SQL; None where its table does not have it.
        read: The column as a trimmed text.
        known: The same, missing where it means 'not known'.
        prepared: Its normal text; of some, the part of it that counts.
        value: What features and rules compare: a normal text.
    """

    column: str | None
    read: str
    known: str
    prepared: str
    value: str


class Attributes:
    """Writes what a firm's table of leads knows.

    Attributes:
        columns: The columns of the table that are read, each with what it must hold, in words; empty where that needs no word.
        steps: Attribute -> its columns, in the order of their names.
    """

    def __init__(self, scorer: Scorer, dialect: Dialect, *, tables: Tables) -> None:
        self._dialect, self._without = dialect, tables.without
        self._theirs = {**scorer.settings.columns, **tables.columns}
        self._missing = read_missing(scorer.features.missing_values)
        self._formats = scorer.features.attribute_formats
        self._known = frozenset(scorer.attributes)
        self._title = find_title(scorer.attributes)
        self.columns: dict[str, str] = {}
        self.steps: dict[str, Steps] = {}

    def name_column(self, name: str, what: str = "") -> str | None:
        """The firm's column of one of our names, in SQL; None where the table does not have it.

        Args:
            name: Ours.
            what: What it must hold, in words.
        """
        column = self._theirs.get(name, name)
        if column in self._without:
            return None
        self.columns[column] = what or self.columns.get(column, "")
        return self._dialect.name_column(column)

    def find(self, name: str) -> str | None:
        """The column that holds the normal text of an attribute; None for one that no lead of the training had."""
        if name not in self._known:
            return None
        return self._name(name, "a")

    def find_known(self, name: str) -> str:
        """The column that holds the trimmed text of an attribute, missing where it means 'not known'."""
        return self._name(name, "t")

    def _name(self, name: str, letter: str) -> str:
        if name not in self.steps:
            self.steps[name] = self._plan(name, len(self.steps))
        return self._dialect.quote(f"{letter}{list(self.steps).index(name)}")

    def _plan(self, name: str, place: int) -> Steps:
        dialect = self._dialect
        read, known, prepared = (dialect.quote(f"{letter}{place}") for letter in "rtp")
        prepare, finish = self._choose_ways(name)
        source = "email_domain" if name == KIND else self._title if name in PARTS and self._title is not None else name
        what = "an e-mail address, or its domain alone" if name == KIND else ""
        column = self.name_column(source, what)
        null = f"CAST(NULL AS {dialect.text})"
        return Steps(
            column=column,
            read=null if column is None else dialect.read_text(column),
            known=self.blank(read),
            prepared=prepare(known),
            value=finish(prepared),
        )

    def blank(self, text: str) -> str:
        """A trimmed text, missing where it means 'not known'."""
        dialect, missing = self._dialect, self._missing
        known = f"LOWER({text}) NOT IN {dialect.write_texts(missing.words)}"
        if missing.days:
            known += f" AND SUBSTR({text}, 1, 10) NOT IN {dialect.write_texts(missing.days)}"
        return f"CASE WHEN {known} THEN {text} END"

    def _choose_ways(self, name: str) -> tuple[Callable[[str], str], Callable[[str], str]]:
        """How the known text of an attribute is prepared, and how its value is made of that."""
        dialect, format_name = self._dialect, self._formats.get(name)
        if name == KIND:
            return self._cut_domain, self._write_domain_kind
        if name in PARTS and self._title is not None:
            return self._split_title, lambda words: self._write_title_part(words, PARTS[name])
        if format_name in YES_NO_FORMATS:
            return dialect.normalise, lambda text: self._write_yes_no(text, PLAIN[format_name])
        if format_name in SET_FORMATS:
            return dialect.normalise, lambda text: self._write_set(text, SEPARATORS.get(format_name, ";"))
        return dialect.normalise, lambda text: text

    def _write_yes_no(self, text: str, plain: tuple[str, str | None]) -> str:
        dialect = self._dialect
        yes, no = ("NULL" if word is None else dialect.write_text(word) for word in plain)
        cases = f"WHEN {text} IN {dialect.write_texts(list_spellings(meaning=True))} THEN {yes}"
        cases += f" WHEN {text} IN {dialect.write_texts(list_spellings(meaning=False))} THEN {no}"
        return f"CASE {cases} ELSE {text} END"

    def _write_set(self, text: str, separator: str) -> str:
        """A set as its members between `;`, with one at both ends; missing without any member."""
        dialect = self._dialect
        bare = dialect.replace_pattern(text, "[]['\"{}]", "")
        plain = f"CASE WHEN SUBSTR({text}, 1, 1) IN ('[', '{{') THEN REPLACE({bare}, ',', ';') ELSE {text} END"
        parts = dialect.replace_pattern(f"(';' || {plain} || ';')", f"[ ^]*[;{separator}][ ^;{separator}]*", ";")
        return f"NULLIF({parts}, ';')"

    def _cut_domain(self, address: str) -> str:
        dialect = self._dialect
        return dialect.replace_pattern(dialect.replace_pattern(f"LOWER({address})", "^.*@", ""), "[.]+$", "")

    def _write_domain_kind(self, domain: str) -> str:
        """The kind of a mailbox, as `kind_of_domain` finds it from a domain."""
        dialect = self._dialect
        is_none = f"{domain} NOT LIKE '%.%' OR {domain} LIKE '% %' OR {domain} LIKE '%..%' OR {domain} LIKE '.%'"
        is_student = f"{domain} LIKE '%.edu' OR {dialect.replace_pattern(domain, '[.](edu|ac)[.][^.]+$', '')} <> {domain}"
        cases = f"WHEN {domain} IS NULL OR {is_none} THEN NULL WHEN {domain} IN {dialect.write_texts(list_free_domains())}"
        return f"CASE {cases} THEN 'free' WHEN {is_student} THEN 'student' ELSE 'business' END"

    def _split_title(self, title: str) -> str:
        """The words of a title, without case and accents, each between blanks."""
        dialect = self._dialect
        plain = dialect.strip_accents(dialect.normalise(title))
        return f"' ' || {dialect.replace_pattern(plain, f'[^{_LETTERS}]+', ' ')} || ' '"

    def _write_title_part(self, words: str, part: str) -> str:
        """The seniority or the function in a job title: the first list that holds one of its words."""
        cases = []
        for name, listed in list_title_words(part).items():
            patterns = [f"% {word.removesuffix('*')}{'' if word.endswith('*') else ' '}%" for word in listed]
            found = " OR ".join(f"{words} LIKE {self._dialect.write_text(pattern)}" for pattern in patterns)
            cases.append(f"WHEN {found} THEN {self._dialect.write_text(name)}")
        return f"CASE {' '.join(cases)} END"
