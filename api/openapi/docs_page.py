"""The page to try out the API: Swagger UI with files from a Python package, so that a browser needs no other server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

from ..http.pages import make_policy

_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")


def add_docs(app: FastAPI) -> None:
    """Serve `/docs` and its files; links in it are relative, because a proxy may serve the API below a path."""
    page = bytes(
        get_swagger_ui_html(
            openapi_url="openapi.json",
            title=app.title,
            swagger_js_url=f"docs/{_FILES[0]}",
            swagger_css_url=f"docs/{_FILES[1]}",
            swagger_favicon_url=f"docs/{_FILES[2]}",
        ).body
    ).decode()
    policy = {"Content-Security-Policy": make_policy(page, "'self'")}
    folder = Path(str(files("fastapi_offline"))) / "static"

    async def show(_: Request) -> HTMLResponse:
        return HTMLResponse(page, headers=policy)

    app.add_route("/docs", show, include_in_schema=False)
    for name in _FILES:
        app.add_route(f"/docs/{name}", _make_file_handler(folder / name), include_in_schema=False)


def _make_file_handler(path: Path) -> Callable[[Request], Awaitable[FileResponse]]:
    async def send_file(_: Request) -> FileResponse:
        return FileResponse(path, headers={"Cache-Control": "public, max-age=86400"})

    return send_file
