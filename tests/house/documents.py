"""The project's documents, and what stands in them."""

import re

from house.tables import ROOT

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "data/*.md", "models/README.md")
    for path in ROOT.glob(pattern)
    if path.parent != ROOT / "docs/site"  # pages of the site alone, whose links Sphinx checks
)
ENDS = (".py", ".toml", ".md", ".ipynb", ".js", ".html", ".txt", "/")
REFERENCE = ROOT / "docs/reference"


def read(path):
    return path.read_text(encoding="utf-8")


def list_paths(text):
    """The places in the repository that a document names in spans of code; one that is to be made is followed by "(new)"."""
    rooms = "|".join(path.name for path in (ROOT / "src/predictor").iterdir() if path.is_dir())
    start = rf"(?:\./)?(?:src|api|tests|docs|benchmarks|notebooks|data|{rooms})/"
    named = re.findall(rf"`({start}[\w./-]*)`(?! \(new\))", text)
    return [path for path in named if path.endswith(ENDS)]


def find_path(named):
    """The file or folder of that name, from the root of the repository or of the package; None where there is none."""
    return next((path for path in (ROOT / named, ROOT / "src/predictor" / named) if path.exists()), None)


def list_blocks(text, language=""):
    """The fenced blocks of that language, as they stand."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def list_commands(text):
    """The lines of `predictor` in the blocks of a document, without what a comment says."""
    blocks = "\n".join(list_blocks(text))
    return re.findall(r"^predictor (.+?)(?:\s+#.*)?$", blocks, flags=re.MULTILINE)


def list_links(text):
    """Where the links of a document lead: those inside blocks and spans of code are none."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", plain))


def list_anchors(text):
    """The anchors that a forge gives the headings of a document."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^#+ (.+?)\s*$", plain, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
