"""Every finding of the product is documented: its code, what it means, what to do."""

from house.tables import ROOT, list_told_codes, tell_findings

from predictor.codes import list_codes, read_codes

PAGE = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
NO_FINDING = {"AUDIT999"}  # stands in a doctest for a code that is none


def test_every_code_that_is_told_is_documented_and_the_other_way_round():
    assert set(list_told_codes()) - NO_FINDING == set(list_codes())


def test_the_page_holds_the_table():
    assert tell_findings() in PAGE, f"docs/findings.md must hold this table:\n\n{tell_findings()}"


def test_each_says_how_grave_it_is_what_it_means_and_what_to_do():
    for code, told in read_codes().items():
        assert set(told) == {"severity", "means", "do"}, code
        assert set(told["severity"].split(", ")) <= {"error", "warning", "tip"}, code
        assert told["means"].endswith("."), code
        assert told["do"].endswith("."), code
