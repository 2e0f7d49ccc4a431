"""The site shows every document and notebook, and describes every public name. `make site` builds it and follows its links."""

import re

from house.documents import DOCUMENTS, read
from house.tables import NOTEBOOKS, ROOT

import predictor

SITE = ROOT / "docs/site"


def test_every_document_and_notebook_is_in_the_navigation_once():
    blocks = re.findall(r"^```{toctree}\n(.*?)^```", read(SITE / "index.md"), flags=re.DOTALL | re.MULTILINE)
    listed = [re.sub(r"^.*<(.*)>$", r"\1", line) for block in blocks for line in block.splitlines() if line and line[0] != ":"]
    pages = {str(path.relative_to(ROOT).with_suffix("")) for path in [*DOCUMENTS, *NOTEBOOKS]}
    decisions = {page for page in pages if re.match(r"docs/decisions/\d", page)}  # their index is listed
    assert sorted(listed) == sorted(pages - decisions | {"python"})


def test_every_public_name_is_described():
    described = re.findall(r"auto(?:function|class|exception):: predictor\.(\w+)$", read(SITE / "python.md"), flags=re.MULTILINE)
    assert sorted(described) == sorted(set(predictor.__all__) - {"plots"})
