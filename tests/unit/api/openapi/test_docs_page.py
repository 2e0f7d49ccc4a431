"""The page to try out the API loads nothing from other servers."""

import base64
import hashlib
import re


def test_the_page_needs_no_other_server(client):
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http" not in re.sub(r"<!--.*?-->", "", page.text)
    for place in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        file = client.get(f"/{place}")
        assert (file.status_code, len(file.content) > 1000) == (200, True), place
        assert file.headers["cache-control"] == "public, max-age=86400"


def test_its_policy_allows_only_its_own_script(client):
    page = client.get("/docs")
    rules = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    [script] = re.findall(r"<script>(.*?)</script>", page.text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'self' 'sha256-{digest}'"
    assert rules["connect-src"] == "'self'"
    assert rules["default-src"] == "'none'"


def test_there_is_no_other_page_below_docs(client):
    assert [client.get(path).status_code for path in ("/redoc", "/docs/oauth2-redirect", "/docs/../keys.toml")] == [404, 404, 404]
