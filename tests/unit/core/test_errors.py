"""Errors and findings: the words that everything else says them in."""

import pytest

from predictor.core.errors import Finding, PredictorError, TableError, TrainingError, count, list_names, name_nearest


def test_finding_as_a_line():
    assert str(Finding("LEAD002", "error", "Empty.", do="Export.")) == "LEAD002 Empty. Export."
    assert str(Finding("LEAD021", "warning", "Unknown.", do="")) == "LEAD021 Unknown."


def test_table_error_holds_and_tells_all_its_findings():
    findings = [Finding("LEAD001", "error", "One.", do="Fix."), Finding("LEAD004", "error", "Two.", do="Fix.")]
    with pytest.raises(
        PredictorError, match=r"The table of leads cannot be used \(2 faults\):\n  LEAD001 One. Fix.\n  LEAD004"
    ) as caught:
        raise TableError("leads", iter(findings))
    assert caught.value.findings == tuple(findings)


def test_every_kind_is_caught_by_the_base():
    with pytest.raises(PredictorError, match="nothing to learn"):
        raise TrainingError("nothing to learn")


@pytest.mark.parametrize(("number", "text"), [(0, "0 leads"), (1, "1 lead"), (2, "2 leads"), (12_345, "12,345 leads")])
def test_numbers_with_their_nouns(number, text):
    assert count(number, "lead") == text


def test_nearest_name():
    assert name_nearest("horizon", ["horizon_days", "test_share"]) == " Did you mean 'horizon_days'?"
    assert name_nearest("horizon", []) == ""


def test_long_lists_are_cut():
    assert list_names(range(10)) == "'0', '1', '2', '3', '4', '5', '6', '7' and 2 more"
    assert list_names([]) == ""
