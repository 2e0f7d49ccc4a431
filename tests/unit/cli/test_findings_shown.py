"""What `init` and `check` say below their findings: whether a training would stop."""

import pytest

from predictor.cli.console import show_every_finding
from predictor.core.errors import Finding

LEAK = Finding("AUDIT002", "error", "Column 'Stage' alone ranks the leads.", do="It is named in roles.ignore.")
TIP = Finding("AUDIT006", "tip", "Column 'Country' has one value.", do="Nothing.")


@pytest.mark.parametrize(
    ("findings", "refused", "said"),
    [
        ([], 0, "No findings; nothing stops a training."),
        ([TIP], 0, "1 tip; nothing stops a training."),
        ([LEAK, TIP], 1, "1 error, 1 tip; 1 error would stop a training."),
        ([LEAK], 0, "1 error; nothing stops a training, since the columns of these errors are left out."),
    ],
)
def test_an_error_that_stops_nothing_says_why(capsys, findings, refused, said):
    show_every_finding(findings, refused=refused)
    assert " ".join(capsys.readouterr().out.split()).endswith(said)


def test_findings_that_advise_alike_have_their_advice_once(capsys):
    others = [Finding("LEAD030", "warning", f"Column '{name}' is no feature.", do="Take it out.", column=name) for name in "abc"]
    show_every_finding([others[0], TIP, *others[1:], LEAK], refused=0)
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "warning LEAD030 Column 'a' is no feature. Column 'b' is no feature. Column 'c' is no feature. Take it out. tip" in said
    )
    assert "1 error, 3 warnings, 1 tip" in said
