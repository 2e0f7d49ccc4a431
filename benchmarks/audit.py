"""What the audit finds: 40 made-up firms with leaks of twelve kinds at three strengths, and 40 clean ones. No model is trained.

A firm has 300 to 5,000 leads, 8 to 40 % of them accepted, and an export with dates, with an order only, or with neither. The
leaks are columns whose names say nothing, copies across the split, and a file sorted by outcome. A leak is refused where training
stops or the column is left out, and warned of where only a finding says so. Ends with exit code 1 where a clean firm is refused,
where clean firms have more than a warning in ten, or where a strong leak in a firm of 1,000 leads or more is missed that the
data could show: without an order nothing grows with age, and where many leads are accepted, 86 % may be honest.

python benchmarks/audit.py [FIRMS]
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import tomli_w
from _audit_firms import Firm, draw_firm
from _audit_leaks import BY_AGE, COLUMNS, COPIES, KINDS, RARE, SORTED, STRENGTHS, plant_columns, plant_copies, plant_order
from _measure import report_missed

from predictor.core.errors import Finding, TrainingError
from predictor.core.settings import load_settings
from predictor.training.audit import audit_dataset, collect_findings, list_refusals
from predictor.training.dataset import Dataset
from predictor.training.from_tables import load_dataset

FIRMS, FIRST_CLEAN = 40, 1001
TRUE = {"AUDIT014", "AUDIT017", "AUDIT018", "LEAD014"}  # what is so of a clean firm: new campaigns, drift, few outcomes, no order
REFUSED, WARNED, MISSED = "refused", "warned", "missed"
LARGE, HIGH_RATE = 1000, 0.3  # leads from which a strong leak must be found; share accepted from which 86 % may be honest
MOST_FALSE_WARNINGS = 0.1  # of a clean firm


@dataclass(frozen=True)
class Result:
    """What came of one leak."""

    kind: str
    strength: int
    what: str
    firm: Firm

    @property
    def is_due(self) -> bool:
        """Whether it must be found: a strong leak in a firm that is large enough and whose data can show it."""
        rate = float(self.firm.accepted.mean())
        hidden = (self.kind in BY_AGE and self.firm.kind == "plain") or (self.kind == RARE and rate >= HIGH_RATE)
        return self.strength == 0 and len(self.firm.accepted) >= LARGE and not hidden

    def describe(self) -> str:
        """The leak and its firm."""
        leads = f"{len(self.firm.accepted):,} leads, {self.firm.accepted.mean():.0%} accepted"
        return f"{STRENGTHS[self.strength]} '{self.kind}' ({self.firm.kind} export, {leads})"


def audit_export(table: pd.DataFrame) -> tuple[Dataset, tuple[Finding, ...]]:
    """All findings about an export, as `predictor check` shows them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table.to_csv(folder / "leads.csv", index=False)
        (folder / "predictor.toml").write_text(tomli_w.dumps({"data": {"leads": "leads.csv"}, "roles": {"points": ["score"]}}))
        dataset = load_dataset(load_settings(folder / "predictor.toml"))
    return dataset, collect_findings(dataset, dataset.findings, audit_dataset(dataset))


def try_leaks(seed: int) -> Iterator[Result]:
    """What comes of each leak that is planted into a firm."""
    firm, strength = draw_firm(seed), seed % 3
    planted, strengths = plant_columns(firm, seed)
    dataset, findings = audit_export(planted.export())
    refused = {finding.column for finding in list_refusals(dataset, findings)}
    for kind, (column, _) in COLUMNS.items():
        is_out = column in refused or column not in dataset.leads.attributes
        is_found = any(finding.column == column and finding.severity != "tip" for finding in findings)
        yield Result(kind, strengths[kind], REFUSED if is_out else WARNED if is_found else MISSED, firm)
    for kind, code, table in (
        (COPIES, "AUDIT013", plant_copies(firm, strength, seed)),
        (SORTED, "AUDIT019", plant_order(firm, strength, seed)),
    ):
        yield Result(kind, strength, _try_table(table, code), firm)


def _try_table(table: pd.DataFrame, code: str) -> str:
    try:
        dataset, findings = audit_export(table)
    except TrainingError:
        return REFUSED
    if any(finding.code == "AUDIT018" for finding in list_refusals(dataset, findings)):
        return REFUSED
    return WARNED if any(finding.code == code for finding in findings) else MISSED


def try_clean(seed: int) -> list[Finding]:
    """Errors and warnings about a clean firm, none of which is right."""
    _, findings = audit_export(draw_firm(seed).export())
    return [finding for finding in findings if finding.severity != "tip" and finding.code not in TRUE]


def print_recall(results: list[Result]) -> list[str]:
    """Prints leaks by kind and strength; those that had to be found and were not."""
    counts = Counter((result.kind, result.strength, result.what) for result in results)
    print("| leak | " + " | ".join(f"{name}: refused | warned | missed" for name in STRENGTHS) + " |")
    print("|---|" + "--:|" * 9)
    for kind in KINDS:
        cells = [str(counts[kind, strength, what]) for strength in range(3) for what in (REFUSED, WARNED, MISSED)]
        print(f"| {kind} | " + " | ".join(cells) + " |")
    return [result.describe() for result in results if result.is_due and result.what == MISSED]


def print_false_alarms(found: list[list[Finding]]) -> list[str]:
    """Prints false errors and warnings of the clean firms; the bounds that are missed."""
    alarms = Counter((finding.code, finding.severity, finding.column or "") for findings in found for finding in findings)
    errors = sum(number for (_, severity, _), number in alarms.items() if severity == "error")
    warnings = sum(alarms.values()) - errors
    print(f"\n{len(found)} clean firms: {errors / len(found):.2f} errors and {warnings / len(found):.2f} warnings a firm")
    for (code, severity, column), number in alarms.most_common():
        print(f"- {code} ({severity}) {column}: {number}")
    missed = ["no false error"] if errors else []
    return missed + ([f"{MOST_FALSE_WARNINGS} false warnings a firm"] if warnings > MOST_FALSE_WARNINGS * len(found) else [])


def main(firms: int) -> int:
    """Prints both tables; 1 where a bound is missed."""
    missed = print_recall([result for seed in range(1, firms + 1) for result in try_leaks(seed)])
    missed += print_false_alarms([try_clean(seed) for seed in range(FIRST_CLEAN, FIRST_CLEAN + firms)])
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else FIRMS))
