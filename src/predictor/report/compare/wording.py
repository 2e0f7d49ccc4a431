"""What a difference tells, in words."""

from __future__ import annotations

from predictor.model.metrics.metrics import Difference

SAME, BETTER, WORSE = "not to be told apart", "better", "worse"


def describe_difference(gap: Difference, *, better: bool) -> str:
    """Better or worse where the interval leaves 0 out.

    Args:
        gap: The difference with its interval.
        better: Whether the difference as it came out speaks for the first.

    >>> [describe_difference(Difference(-0.1, -0.2, high), better=True) for high in (-0.05, 0.1)]
    ['better', 'not to be told apart']
    """
    if gap.low <= 0 <= gap.high:
        return SAME
    return BETTER if better else WORSE
