"""The README and the guide to the API say what the code does: paths, make targets, calls, and who finds what where."""

import re

from fastapi.routing import APIRoute
from house.documents import DOCUMENTS, list_links, read
from house.tables import NOTEBOOKS, ROOT

from api.routes import router

README = read(ROOT / "README.md")


def test_every_path_of_the_api_is_named():
    served = {
        f"{method} {route.path_format}"
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods - {"HEAD"}
    }
    named = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[\w/{}]*)`", read(ROOT / "docs/crm_developer.md")))
    assert named == served


def test_every_make_target_is_there():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"make (demo|test|lint|bench|docs|format|install)", README)) <= targets


def test_every_place_in_the_layout_is_there():
    layout = README.split("## Layout")[1].split("```")[1]
    for place in re.findall(r"^(\S+)/ ", layout, flags=re.MULTILINE):
        assert (ROOT / place).is_dir(), place


def test_the_layout_shows_every_room():
    layout = README.split("## Layout")[1].split("```")[1]
    shown = re.findall(r"(?:^  |   )(\w+)/ ", layout.split("twelve rooms:")[1].split("\nmodels/")[0], flags=re.MULTILINE)
    assert sorted(shown) == sorted(path.parent.name for path in (ROOT / "src/predictor").glob("*/__init__.py"))


def test_every_page_of_the_documentation_is_linked():
    pages = {str(path.relative_to(ROOT)) for path in DOCUMENTS if path.name != "README.md" or path.parent.name == "decisions"}
    single = {page for page in pages if re.match(r"docs/decisions/\d", page)}  # their index is linked
    assert pages - single <= set(list_links(README))


def test_every_notebook_is_linked_in_the_guide():
    assert {f"../notebooks/{path.name}" for path in NOTEBOOKS} <= set(list_links(read(ROOT / "docs/data_scientist.md")))
