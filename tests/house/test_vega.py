"""The charting library that pages carry is what the installed vl-convert makes, with its licences before it."""

import hashlib

from house.vega import ASSETS, make_vega


def test_the_library_is_made_and_not_edited():
    kept, made = (ASSETS / "vega.js").read_text(encoding="utf-8"), make_vega()
    assert hashlib.sha256(kept.encode()).hexdigest() == hashlib.sha256(made.encode()).hexdigest(), (
        "src/predictor/report/page/assets/vega.js is not what the installed vl-convert-python makes: run python "
        "tests/house/vega.py, and bring the versions in vega.LICENSES.txt up to date"
    )


def test_it_can_stand_inside_a_page():
    kept = (ASSETS / "vega.js").read_text(encoding="utf-8").lower()
    for end in ("</script", "<!--", "<script"):
        assert end not in kept
    assert kept.startswith("/*!")
    assert "university of washington interactive data lab" in kept
