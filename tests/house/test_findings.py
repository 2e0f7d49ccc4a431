"""Every finding of the product says how grave it is, what it means and what to do; `test_docs` holds the page."""

from predictor.core.finding_codes import read_codes


def test_each_says_how_grave_it_is_what_it_means_and_what_to_do():
    for code, told in read_codes().items():
        assert set(told) == {"severity", "means", "do"}, code
        assert set(told["severity"].split(", ")) <= {"error", "warning", "tip"}, code
        assert told["means"].endswith("."), code
        assert told["do"].endswith("."), code
