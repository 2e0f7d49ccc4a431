"""Exports made at random from a seed: no traceback, no row or column that vanishes, and known faults are told with their row."""

import pytest

from benchmarks._check_exports import list_problems
from benchmarks._made_exports import NOW, make_export


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_any_export_is_read_right_or_refused_with_a_reason(tmp_path, first):
    problems = {seed: list_problems(make_export(seed, tmp_path), NOW) for seed in range(first, first + 10)}
    assert {seed: found for seed, found in problems.items() if found} == {}
