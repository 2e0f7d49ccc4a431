"""Reads a page as a browser does: its texts, tags and what its script works with."""

import json
from html.parser import HTMLParser

EMPTY = {"meta", "br", "input"}


class Reader(HTMLParser):
    """Text and tags; every tag must be closed in turn."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.ids, self.attributes, self.blocks = [], [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["script"]:
            self.blocks.append(data)
        elif self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").split())

    @property
    def content(self):
        """What the page's script works with."""
        return json.loads(self.blocks[0])


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader
