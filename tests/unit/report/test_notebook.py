"""Tables in notebooks: rounded figures, escaped text, and nothing that the table does not hold."""

import re

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import Finding, Findings
from predictor.core.wording import DASH
from predictor.report.notebook import show


def read(html):
    """The cells of an HTML table, row by row, as a reader sees them."""
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [[re.sub(r"<br>", " ", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def clean(cell):
    return re.sub(r"<[^>]+>", "", cell)


def read_shown(table, **settings):
    return [[clean(cell) for cell in row] for row in read(show(table, **settings)._repr_html_())]


def test_a_figure_and_its_interval_stand_in_one_cell():
    table = pd.DataFrame({"way": ["points"], "conversion": [0.271], "conversion_low": [0.24], "conversion_high": [0.31]})
    assert read_shown(table) == [["Way", "Conversion"], ["points", "27 % 24 to 31 %"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.0, "1,234"),
        (86.218, "86.2"),
        (1.2345, "1.23"),
        (0.4318, "0.432"),
        (0.0123, "0.0123"),
        (np.nan, DASH),
        (-0.05, "-0.0500"),
    ],
)
def test_numbers_have_the_digits_that_matter(value, text):
    assert read_shown(pd.DataFrame({"log_loss": [value]}))[1] == [text]


def test_texts_truths_and_gaps():
    table = pd.DataFrame({"told": ["a < b", None], "holds": [True, False]})
    assert read_shown(table) == [["Result", "Holds"], ["a &lt; b", "yes"], [DASH, "no"]]


def test_only_the_columns_that_are_asked_with_their_intervals():
    table = pd.DataFrame({"a": [1], "auc": [0.7], "auc_low": [0.6], "auc_high": [0.8], "b": [2]})
    assert read_shown(table, columns=["b", "auc"]) == [["B", "AUC"], ["2", "0.700 0.600 to 0.800"]]
    with pytest.raises(KeyError, match="nonsense"):
        show(table, columns=["nonsense"])


def test_the_chosen_row_is_stressed_and_not_named_in_a_column():
    html = show(pd.DataFrame({"candidate": ["a", "b"], "chosen": [False, True]}), "Two")._repr_html_()
    assert read(html) == [["Candidate"], ["a"], ["<b>b</b>"]]
    assert ">Two</caption>" in html


def test_findings_are_a_table_the_gravest_first():
    findings = Findings(
        [Finding("LEAD031", "tip", "Nothing <told>.", do=""), Finding("LEAD002", "error", "Empty.", do="Export.")]
    )
    rows = [[clean(cell) for cell in row] for row in read(findings._repr_html_())]
    assert [row[0] for row in rows] == ["Code", "LEAD002", "LEAD031"]
    assert "Nothing &lt;told&gt;." in rows[2]
    assert "1 error, 1 tip" in findings._repr_html_()
    assert Findings()._repr_html_() == "<p>Nothing was found.</p>"
    assert findings == (findings[0], findings[1])
    assert findings.to_frame().columns.tolist() == ["code", "severity", "what", "do", "column", "accepted"]
    assert Findings().to_frame().empty
    known = Finding("AUDIT001", "warning", "Odd.", do="Fix.", column="a", accepted="So it is.")
    assert [clean(cell) for cell in read(Findings([known])._repr_html_())[1]][-1] == "Accepted: So it is."
