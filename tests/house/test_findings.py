"""Every finding of the product gives a severity, what it means and what to do; `test_docs` holds the page."""

from predictor.core.finding_codes import read_codes


def test_each_has_a_severity_a_meaning_and_advice():
    for code, finding in read_codes().items():
        assert set(finding) == {"severity", "means", "do"}, code
        assert set(finding["severity"].split(", ")) <= {"error", "warning", "tip"}, code
        assert finding["means"].endswith("."), code
        assert finding["do"].endswith("."), code
