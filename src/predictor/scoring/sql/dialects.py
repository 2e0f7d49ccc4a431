"""What differs between the dialects of SQL that a model is written in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_ISO = "'^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}.*)?$'"
_DECIMAL = "'^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$'"
_LARGEST = 1.7976931348623157e308
_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_CONTROLS = (9, 10, 11, 12, 13, 28, 29, 30, 31)
_BEFORE_LOWER, _AFTER_LOWER = {"\u0130": "i\u0307"}, {"ß": "ss", "ς": "σ", "ſ": "s"}  # where LOWER is not `casefold`
_FROM, _TO = 0x80, 0x530  # Latin, Greek, Cyrillic


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one database writes what the others write in another way; `{x}` stands for an expression.

    Attributes:
        name: Its name on the command line.
        ibis: Its name for Ibis.
        mark: What goes around a name.
        escapes: Whether a backslash in a text has a meaning.
        doubles: Whether a quotation mark in a text is doubled; otherwise it has a backslash before it.
        text: The type of texts.
        double: The type of floats of 64 bits.
        number: A float as a literal; `{x}` are its digits.
        moment: Any column as a moment with a zone, missing where it is none.
        micros: A moment as microseconds since 1970 in UTC.
        to_number: Any column as a float, missing where it is none.
        replace_all: A pattern replaced everywhere in a text; `{x}`, `{pattern}`, `{by}`.
        trim: A text without `{blanks}` at its ends.
        stage: How a stage of a query begins; some databases compute it once only where this says so.
        collation: What follows a text so that it is compared by its characters; empty where texts always are.
        lowers_ascii_only: Whether LOWER may know no other letters than those of English, as in PostgreSQL with locale C.
        most_characters: The longest statement that it takes; None for no limit that matters.
    """

    name: str
    ibis: str
    mark: str = '"'
    escapes: bool = False
    doubles: bool = True
    text: str = "VARCHAR"
    double: str = "DOUBLE"
    number: str = "{x}"
    moment: str
    micros: str
    to_number: str
    replace_all: str = "REGEXP_REPLACE({x}, {pattern}, {by})"
    trim: str = "TRIM({x}, {blanks})"
    stage: str = "AS"
    collation: str = ""
    lowers_ascii_only: bool = False
    most_characters: int | None = None

    def quote(self, name: str) -> str:
        """A name in its quotation marks, exactly as it is written.

        >>> DIALECTS["duckdb"].quote('a"b'), DIALECTS["bigquery"].quote("a b")
        ('"a""b"', '`a b`')
        """
        inner = name.replace("\\", "\\\\") if self.name == "bigquery" else name
        double = "\\`" if self.name == "bigquery" else self.mark * 2
        return f"{self.mark}{inner.replace(self.mark, double)}{self.mark}"

    def name_column(self, name: str) -> str:
        """The name of a column of a firm's table.

        Snowflake stores plain names in capitals, unless they were in quotation marks when the table was made.

        >>> DIALECTS["snowflake"].name_column("lead_id"), DIALECTS["snowflake"].name_column("Lead Source")
        ('lead_id', '"Lead Source"')
        """
        is_plain = name.isascii() and name.isidentifier()
        return name if self.name == "snowflake" and is_plain else self.quote(name)

    def write_text(self, text: str) -> str:
        r"""A text as a literal.

        >>> print(DIALECTS["postgres"].write_text("it's \\"), DIALECTS["spark"].write_text("it's \\"))
        'it''s \' 'it\'s \\'
        """
        text = text.replace("\\", "\\\\") if self.escapes else text
        if self.name == "bigquery":
            text = text.replace("\n", "\\n").replace("\r", "\\r")
        return "'" + text.replace("'", "''" if self.doubles else "\\'") + "'"

    def write_texts(self, texts: list[str] | frozenset[str]) -> str:
        """Texts as a list in brackets, in alphabetical order."""
        return f"({', '.join(self.write_text(text) for text in sorted(texts))})"

    def write_number(self, value: float) -> str:
        """A float as a literal of 64 bits.

        >>> [DIALECTS[name].write_number(0.1) for name in ("duckdb", "postgres")], DIALECTS["duckdb"].write_number(-1e-5)
        (['0.1e0', '0.1::float8'], '-1e-05')
        """
        digits = repr(float(value))
        if self.number == "{x}":
            return digits if "e" in digits else f"{digits}e0"
        sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
        return sign + _fill(self.number, x=digits)

    def read_number(self, column: str) -> str:
        """A column as a float; missing where it is no finite number."""
        number = _fill(self.to_number, x=column)
        return f"CASE WHEN ABS({number}) <= {self.write_number(_LARGEST)} THEN {number} END"

    def read_moment(self, column: str) -> str:
        """A column as a moment with a zone; missing where it is none."""
        return _fill(self.moment, x=column)

    def count_micros(self, moment: str) -> str:
        """A moment as microseconds since 1970 in UTC."""
        return _fill(self.micros, x=moment)

    def read_text(self, column: str) -> str:
        """A column as a text without blanks at its ends."""
        blanks = " || ".join([self.write_text(_BLANKS), *(f"CHR({code})" for code in _CONTROLS)])
        return _fill(self.trim, blanks=blanks, x=f"CAST({column} AS {self.text})")

    def normalise(self, text: str) -> str:
        """A trimmed text as `normal_text` makes it: without case."""
        for letter, folded in _BEFORE_LOWER.items():
            text = f"REPLACE({text}, '{letter}', '{folded}')"
        if self.lowers_ascii_only:
            text = f"TRANSLATE({text}, '{_CAPITALS}', '{_CAPITALS.lower()}')"
        text = f"LOWER({text})"
        for letter, folded in _AFTER_LOWER.items():
            text = f"REPLACE({text}, '{letter}', '{folded}')"
        return text

    def strip_accents(self, text: str) -> str:
        """A normal text with plain Latin letters, and blanks for the marks of typography."""
        for letter, plain in {"ä": "ae", "ö": "oe", "ü": "ue"}.items():
            text = f"REPLACE({text}, '{letter}', '{plain}')"
        return f"TRANSLATE({text}, {self.write_text(_ACCENTED + _MARKS)}, {self.write_text(_BARE + ' ' * len(_MARKS))})"

    def replace_pattern(self, text: str, pattern: str, by: str) -> str:
        """A text with every part that matches a pattern replaced; patterns hold no backslash, which dialects read in two ways."""
        return _fill(self.replace_all, pattern=self.write_text(pattern), by=self.write_text(by), x=text)


def _fill(template: str, **parts: str) -> str:
    """A template with its parts, in their order; patterns in it hold other braces."""
    for name, part in parts.items():
        template = template.replace(f"{{{name}}}", part)
    return template


def _list_capitals() -> str:
    letters = map(chr, range(_FROM, _TO))
    return "".join(letter for letter in letters if len(letter.lower()) == 1 and letter.lower() != letter)


def _list_accented() -> tuple[str, str]:
    """Letters with accents, and the same without."""
    pairs = [(letter, unicodedata.normalize("NFKD", letter)[0]) for letter in map(chr, range(0xDF, 0x180)) if letter.islower()]
    plain = [(letter, bare) for letter, bare in pairs if bare.isascii() and bare.isalpha()]
    return "".join(letter for letter, _ in plain), "".join(bare.lower() for _, bare in plain)


_CAPITALS = _list_capitals()
_ACCENTED, _BARE = _list_accented()
_MARKS = "\u00a0¡§«»·¿\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201c\u201d\u2022\u2026"

_SPARK = {
    "ibis": "databricks", "mark": "`", "escapes": True, "doubles": False, "text": "STRING",
    "trim": "TRIM(BOTH {blanks} FROM {x})",
    "moment": "TRY_CAST({x} AS TIMESTAMP)", "micros": "UNIX_MICROS({x})", "to_number": "TRY_CAST({x} AS DOUBLE)",
}  # fmt: skip
DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            name="duckdb",
            ibis="duckdb",
            moment="TRY_CAST({x} AS TIMESTAMPTZ)",
            micros="EPOCH_US({x})",
            to_number="TRY_CAST({x} AS DOUBLE)",
            replace_all="REGEXP_REPLACE({x}, {pattern}, {by}, 'g')",
            stage="AS MATERIALIZED",
        ),
        Dialect(
            name="postgres",
            ibis="postgres",
            text="TEXT",
            double="DOUBLE PRECISION",
            number="{x}::float8",
            moment=f"CASE WHEN CAST({{x}} AS TEXT) ~ {_ISO} THEN CAST({{x}} AS TIMESTAMPTZ) END",
            micros="CAST(EXTRACT(EPOCH FROM {x}) * 1000000 AS BIGINT)",
            to_number=(
                f"CASE WHEN BTRIM(CAST({{x}} AS TEXT)) ~ {_DECIMAL} THEN CAST(BTRIM(CAST({{x}} AS TEXT)) AS DOUBLE PRECISION) END"
            ),
            replace_all="REGEXP_REPLACE({x}, {pattern}, {by}, 'g')",
            trim="BTRIM({x}, {blanks})",
            stage="AS MATERIALIZED",
            collation=' COLLATE "C"',
            lowers_ascii_only=True,
        ),
        Dialect(
            name="snowflake",
            ibis="snowflake",
            escapes=True,
            number="{x}::FLOAT",
            moment="CAST({x} AS TIMESTAMP_TZ)",
            micros="DATE_PART(EPOCH_MICROSECOND, {x})",
            to_number="TRY_TO_DOUBLE(TO_VARCHAR({x}))",
            most_characters=1_000_000,
        ),
        Dialect(
            name="bigquery",
            ibis="bigquery",
            mark="`",
            escapes=True,
            doubles=False,
            text="STRING",
            double="FLOAT64",
            moment="SAFE_CAST({x} AS TIMESTAMP)",
            micros="UNIX_MICROS({x})",
            to_number="SAFE_CAST(CAST({x} AS STRING) AS FLOAT64)",
            most_characters=1_000_000,
        ),
        Dialect(name="spark", **_SPARK),  # type: ignore[arg-type]
        Dialect(name="databricks", **_SPARK),  # type: ignore[arg-type]
    )
}
