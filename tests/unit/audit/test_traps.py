"""Traps planted in simulated firms are all found, and firms without any give no warning."""

import pytest
from audit_traps import draw_leads, load_leads, plant

from predictor.training.audit import audit_dataset

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_trap_is_found_and_a_clean_firm_has_no_warning(tmp_path, seed):
    leads = draw_leads(seed)
    clean = audit_dataset(load_leads(tmp_path / "clean", leads))
    assert [str(finding) for finding in clean if finding.severity != "tip"] == []
    found = {
        (finding.code, finding.column): finding for finding in audit_dataset(load_leads(tmp_path / "traps", plant(leads, seed)))
    }
    assert found["AUDIT001", "contract_kind"].severity == "error", "filled at conversion"
    assert found["AUDIT002", "looked_after_by"].severity == "error", "an owner set by sales"
    assert found["AUDIT005", "page_views_to_date"].severity == "warning", "a counter taken at export"
    assert found["AUDIT013", None].severity == "warning", "leads on both sides of the split"
    assert not any(
        finding.severity != "tip"
        for (code, _), finding in found.items()
        if code not in {"AUDIT001", "AUDIT002", "AUDIT005", "AUDIT013"}
    )


def test_evidence_is_counted_and_no_value_is_quoted(tmp_path):
    found = audit_dataset(load_leads(tmp_path, plant(draw_leads(0), 0)))
    texts = {finding.code: finding.what for finding in found}
    assert "of the accepted" in texts["AUDIT001"]
    assert "at least" in texts["AUDIT002"]
    assert "on average" in texts["AUDIT005"]
    assert not any(name in str(finding) for finding in found for name in ("Ann", "Bob", "Cid"))
