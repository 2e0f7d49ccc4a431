"""Whether any export is read right or refused with a reason: exports made at random, with known faults.

Columns, kinds of keys, spellings of dates, amounts, sets and answers, layouts, encodings and damages are drawn from a seed.
For each export: no traceback; each record and each column is read, or a finding names it; a known fault is told with its row;
an error says where and what to do. What does not hold is printed with its seed, and ends with exit code 1.

python benchmarks/exports.py [EXPORTS] [FIRST SEED]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from _check_exports import list_problems
from _made_exports import NOW, make_export

EXPORTS, SHOWN = 5_000, 5


def main(exports: int, first: int) -> int:
    """Prints each kind of problem with its first seeds, then the figures; 1 where there is any."""
    kinds, started, rows, faults, harmed = Counter[str](), time.process_time(), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + exports):
            made = make_export(seed, Path(folder))
            rows, faults, harmed = rows + len(made.keys), faults + len(made.faults), harmed + made.harmed
            for problem in list_problems(made, NOW):
                kind = problem.split(":")[0]
                kinds[kind] += 1
                if kinds[kind] <= SHOWN:
                    print(f"seed {seed}: {problem}", flush=True)
            made.path.unlink()
    print("| exports | records | known faults | damaged files | problems | CPU seconds |")
    print("|--:|--:|--:|--:|--:|--:|")
    print(f"| {exports:,} | {rows:,} | {faults:,} | {harmed:,} | {kinds.total():,} | {time.process_time() - started:,.0f} |")
    return 1 if kinds else 0


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(EXPORTS, 0)[len(numbers) :]]))
