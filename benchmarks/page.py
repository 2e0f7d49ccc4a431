"""How large the page is, how long it takes to write and to open, and how soon it answers to a slider, measured in Chromium."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browser.pages import make_page, simulate_leads

from predictor.report.page.render import render_comparison
from predictor.report.page.sliders import describe_steps

MOVES = 40
MOVE = """async (place) => {
  const slider = document.getElementById("threshold"), start = performance.now();
  slider.value = String(place);
  slider.dispatchEvent(new Event("input"));
  const figures = performance.now() - start;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [figures, performance.now() - start, document.querySelector("[data-figure=load]").textContent];
}"""


def main() -> None:
    """Print a row for few leads and one for many: the page carries tables, so the two should be alike."""
    chromium = shutil.which("chromium") or sys.exit("No Chromium on this machine: install the system's package `chromium`.")
    heads = (
        "leads",
        "page, MB",
        "write, s",
        "open and draw, s",
        "slider to figures, ms",
        "worst",
        "to charts on screen, ms",
        "worst",
    )
    print("  ".join(f"{head:>24}" for head in heads))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for leads in (2_000, 200_000):
            data = make_page(simulate_leads(leads), resamples=2)
            start = time.perf_counter()
            place = Path(folder) / f"{leads}.html"
            place.write_text(render_comparison(data), encoding="utf-8")
            written, page = time.perf_counter() - start, browser.new_page()
            start = time.perf_counter()
            page.goto(place.as_uri())
            page.wait_for_selector("html[data-ready]")
            opened, texts = time.perf_counter() - start, describe_steps(data.comparison.tables["steps"])["load"]
            took = []
            for move in range(MOVES):
                row = 5 + move * 4
                figures, charts, shown = page.evaluate(MOVE, row)
                assert shown == texts[row], (shown, texts[row])
                took.append((figures, charts))
            moved = [part for column in zip(*took, strict=True) for part in (median(column), max(column))]
            row = (place.stat().st_size / 1e6, written, opened, *moved)
            print("  ".join([f"{leads:>24,}", *(f"{figure:>24.2f}" for figure in row)]))
        browser.close()


if __name__ == "__main__":
    main()
