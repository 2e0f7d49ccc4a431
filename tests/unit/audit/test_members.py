"""A value of a set that gives the outcome away is found, although no two leads may have the same set."""

import numpy as np
import pandas as pd

from predictor.audit.columns import audit_columns


def draw_sets(leak, n=1500, seed=0):
    """Leads with many tools in many combinations, of which one is written down once a deal is won."""
    draw = np.random.default_rng(seed)
    outcome = (draw.random(n) < 0.25).astype(float)
    has = draw.random((n, 40)) < 0.15
    tools = [[f"tool {place}" for place in np.flatnonzero(row)] for row in has]
    won = draw.random(n) < np.where(outcome == 1, 0.95 if leak else 0.1, 0.001 if leak else 0.1)
    cells = [";".join([*row, "customer"] if is_won else row) for row, is_won in zip(tools, won, strict=True)]
    return pd.DataFrame({"tools": cells}), outcome


def test_a_member_that_gives_the_outcome_away_is_a_leak_of_its_column():
    frame, outcome = draw_sets(leak=True)
    findings = audit_columns(frame, outcome)
    assert {(finding.column, finding.severity) for finding in findings if finding.code in {"AUDIT002", "AUDIT003"}} == {
        ("tools", "error")
    }


def test_each_member_is_counted_by_itself():
    """Two rare members of one set, of which only the first reveals the outcome."""
    frame, outcome = draw_sets(leak=False)
    draw = np.random.default_rng(1)
    signed, fair = (draw.random(1500) < np.where(outcome == 1, yes, no) for yes, no in ((0.2, 0.0), (0.1, 0.1)))
    added = [
        ";".join(["signed"] * int(a) + ["fair"] * int(b) + [tools])
        for a, b, tools in zip(signed, fair, frame["tools"], strict=True)
    ]
    (found,) = [finding for finding in audit_columns(pd.DataFrame({"steps": added}), outcome) if finding.code == "AUDIT003"]
    assert f"of {int(signed.sum())} leads with one value 100 % were accepted" in found.what


def test_honest_sets_are_no_leaks():
    frame, outcome = draw_sets(leak=False)
    assert not [finding for finding in audit_columns(frame, outcome) if finding.code.startswith("AUDIT00")]


def test_what_was_done_with_a_lead_is_found_in_sets_too():
    draw = np.random.default_rng(0)
    cells = [";".join(draw.permutation(["called", "voicemail", "webinar"])[: draw.integers(1, 4)]) for _ in range(400)]
    outcome = (draw.random(400) < 0.25).astype(float)
    findings = audit_columns(pd.DataFrame({"steps": cells}), outcome)
    assert [finding.column for finding in findings if "say what was done with a lead later" in finding.what] == ["steps"]
