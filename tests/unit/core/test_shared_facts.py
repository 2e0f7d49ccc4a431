"""What faulty rows have in common: an outcome, a month or a source, beyond chance."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.shared_facts import count_facts, describe_shared

ACCEPTED, NOT = "were accepted by sales", "were not accepted"


@pytest.mark.parametrize(
    ("faulty", "counts", "words"),
    [
        (12, [{ACCEPTED: (12, 120), NOT: (0, 480)}], "12 of 12 were accepted by sales, and 18 % of the other rows."),
        (3, [{ACCEPTED: (3, 100), NOT: (0, 900)}], "3 of 3 were accepted by sales"),
        (
            20,
            [{ACCEPTED: (4, 150), NOT: (16, 450)}, {"are of 2025-03": (17, 40), "are of 2025-04": (3, 560)}],
            "17 of 20 are of 2025-03",
        ),
        (
            30,
            [{ACCEPTED: (8, 150)}, {"have 'Fair' in 'Source'": (29, 100), "have 'Web' in 'Source'": (1, 500)}],
            "29 of 30 have 'Fair'",
        ),
    ],
)
def test_what_they_share_is_said(faulty, counts, words):
    rows = sum(n for _, n in counts[-1].values())
    text = describe_shared(counts, faulty, rows)
    assert text.startswith("Leaving them out would bias the model: ")
    assert words in text


@pytest.mark.parametrize(
    ("faulty", "counts"),
    [
        (1, [{ACCEPTED: (1, 10), NOT: (0, 990)}]),  # one row shares nothing with others
        (12, [{ACCEPTED: (3, 150), NOT: (9, 450)}]),
        (2, [{ACCEPTED: (2, 250), NOT: (0, 350)}]),
        (600, [{ACCEPTED: (120, 120), NOT: (480, 480)}]),  # every row
        (20, [{}]),
        (20, []),
    ],
)
def test_nothing_is_said_of_what_chance_explains(faulty, counts):
    assert describe_shared(counts, faulty, 600) == ""


def test_faults_at_random_are_rarely_called_alike():
    draw = np.random.default_rng(0)
    facts = [pd.Series(draw.choice(["x", "y", "z"], 1000)) for _ in range(12)]
    texts = [describe_shared(count_facts(facts, draw.permutation(1000) < 25), 25, 1000) for _ in range(100)]
    assert sum(text != "" for text in texts) <= 10


def test_facts_with_too_many_values_are_left_out_unless_all_faulty_rows_have_one():
    many = pd.Series([f"c{number}" for number in range(200)])
    faulty = np.arange(200) < 5
    assert count_facts([many], faulty) == []
    (counts,) = count_facts([many.where(~faulty, "one")], faulty)
    assert counts["one"] == (5, 5)
