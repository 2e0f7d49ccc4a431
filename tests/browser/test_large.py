"""A page of 200,000 test leads carries tables, not leads."""

import pytest
from browser.pages import make_page, simulate_leads

from predictor.report.page.render import render_comparison

LEADS = 200_000


@pytest.fixture(scope="module")
def html():
    return render_comparison(make_page(simulate_leads(LEADS), resamples=2))


def test_it_is_small(html):
    assert len(html.encode()) < 3_000_000
    assert 0 < html.count("LEAD0") + html.count("LEAD1") <= 2 * 2000 + 40, "the swapped leads alone, up to 1,000 of each kind"


def test_a_move_of_the_slider_changes_every_figure_in_one_go(visit, html):
    """The figures stand there as soon as the event is over; benchmarks/page.py measures how long that takes."""
    page = visit(html)
    changed = page.evaluate(
        """() => {
          const slider = document.getElementById("threshold");
          const read = () => [...document.querySelectorAll("[data-figure]")].map((spot) => spot.textContent);
          const before = read();
          slider.value = "150";
          slider.dispatchEvent(new Event("input"));
          return read().filter((text, at) => text !== before[at]).length / before.length;
        }"""
    )
    assert changed > 0.7
