"""The charting library that the page carries: `python tests/house/vega.py` makes it again from the installed vl-convert."""

from pathlib import Path

import vl_convert

ASSETS = Path(__file__).resolve().parents[2] / "src/predictor/report/page/assets"


def make_vega():
    """Vega, Vega-Lite and Vega-Embed in one script that leaves three names, with the licences before it."""
    licences = (ASSETS / "vega.LICENSES.txt").read_text(encoding="utf-8").strip()
    script = vl_convert.javascript_bundle().strip()
    return f"/*!\n{licences}\n*/\n(() => {{\n{script}\n}})();\n"


if __name__ == "__main__":
    (ASSETS / "vega.js").write_text(make_vega(), encoding="utf-8")
