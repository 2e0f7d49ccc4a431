"""How Sphinx makes the site, from the copy of the documents that `make site` puts into build/pages."""

from __future__ import annotations

import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

project = "Lead conversion predictor"
release = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinxcontrib.mermaid", "sphinx_copybutton"]
exclude_patterns = ["docs/site"]
suppress_warnings = ["toc.not_included"]  # decisions are listed on a page of their own; a test finds other pages
default_role = "code"  # of single backticks in docstrings
highlight_language = "none"  # a block without a language holds commands or output

html_theme = "furo"
html_title = f"{project} {release}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False

myst_heading_anchors = 4  # a link to a heading is the same here as on a forge
myst_fence_as_directive = ["mermaid"]
nb_execution_mode = "off"  # tests run the notebooks; `make site NOTEBOOKS=force` shows what they print and draw
nb_execution_timeout = 900
nb_merge_streams = True

autodoc_default_options = {"members": True}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # attributes are described once, in the docstring of their class
