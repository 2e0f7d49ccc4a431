"""The files that the page saves, in a real browser: each is its table."""

import io
import tomllib

import numpy as np
import pandas as pd

# One file is enough for the browser's own saving, which may hold back many in a row: the others are read before that.
KEEP = """() => {
  const make = URL.createObjectURL, blobs = new Map();
  window.kept = [];
  URL.createObjectURL = (blob) => { const url = make(blob); blobs.set(url, blob); return url; };
  HTMLAnchorElement.prototype.click = function () { kept.push([this.download, blobs.get(this.href)]); };
}"""


def test_each_table_saves_as_what_it_is(visit, html, page_data):
    page = visit(html)
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    buttons = page.locator("[data-table]")
    names = [button.get_attribute("data-table") for button in buttons.all()]
    assert set(names) >= set(page_data.comparison.tables) - {"rankings_ever"}
    with page.expect_download() as caught:
        page.locator("[data-table=bands]").click()
    assert caught.value.suggested_filename == "bands.csv"
    kept = {"bands.csv": caught.value.path().read_text(encoding="utf-8-sig")}
    assert caught.value.path().read_bytes().startswith(b"\xef\xbb\xbf"), "or Excel takes it for another encoding"
    page.evaluate(KEEP)
    for name, button in zip(names, buttons.all(), strict=True):
        button.click()
        file, text = page.evaluate("async () => { const [name, blob] = kept.pop(); return [name, await blob.text()] }")
        assert file == f"{name}.csv"
        assert text == kept.get(file, text)
        saved = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
        table = page_data.comparison.tables[name].drop(
            columns=["text"] if name == "gates" else ["column"] if name == "months" else []
        )
        assert list(saved) == list(table)
        for column in table:
            if pd.api.types.is_numeric_dtype(table[column]):
                np.testing.assert_allclose(saved[column].astype(float), table[column].astype(float), rtol=1e-5)
            else:
                assert saved[column].astype("object").fillna("").tolist() == table[column].astype("object").fillna("").tolist()
        shown = page.locator(f"#table-{name} tbody tr").count()
        if name in ("swapped", "fit_engagement") or len(saved) <= 40:
            expected = saved.groupby("cell").head(10) if name == "swapped" else saved
            assert shown == (3 if name == "fit_engagement" else len(expected))
        else:  # a long table is shown in part, and says so
            assert 12 <= shown <= 33
            assert f"({shown} of {len(saved)} rows, all in the CSV)" in page.locator(f"#table-{name} .caption").text_content()


def test_a_language_with_a_decimal_comma_gets_files_that_its_spreadsheet_opens(visit, html, page_data):
    page = visit(html, locale="de-DE")
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    for name in ("volume", "rules"):
        with page.expect_download() as caught:
            page.locator(f"[data-table={name}]").click()
        saved = pd.read_csv(caught.value.path(), sep=";", decimal=",", encoding="utf-8-sig")
        pd.testing.assert_frame_equal(saved, read_frame(page_data.comparison.tables[name]), check_dtype=False, rtol=1e-5)


def read_frame(table):
    return pd.read_csv(io.StringIO(table.to_csv(index=False)))


def test_the_learned_points_save_as_a_rule_book(visit, html, page_data):
    page = visit(html)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download the rule book").click()
    assert caught.value.suggested_filename == "learned_points.toml"
    assert caught.value.path().read_text() == page_data.book
    assert tomllib.loads(page_data.book)["gate"] == 17


def test_the_csv_of_every_table_is_read_alike_by_page_and_pandas(visit, html):
    """What the charts draw is what the files hold, quotes and commas included."""
    page = visit(html)
    held = page.evaluate("JSON.parse(document.getElementById('content').textContent).tables")
    read = pd.read_csv(io.StringIO(held["rules"]["csv"]))
    assert read["rule"].iloc[0] == 'Pricing page, 3 or more "now"'
    marks = page.locator("[data-chart=rules] svg .mark-symbol path").count()
    assert marks >= 2 * int(read["worth_points"].notna().sum())
