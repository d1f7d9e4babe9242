"""Build the ASGI application: HTTP interface, files of the web app, and request checks."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import mimetypes
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from facewright.studio.errors import Refused, handle_errors
from facewright.studio.processes.engine import Engine
from facewright.studio.security.certificates import find_authority
from facewright.studio.security.guard import Guard
from facewright.studio.settings import Settings
from facewright.version import __version__

if TYPE_CHECKING:
    from fastapi import FastAPI

    from facewright.studio.processes.painter import Painter

WEB = Path(__file__).with_name("web")
"""Folder of the web app."""

_AT_ROOT = {
    "/": "index.html",
    "/sw.js": "sw.js",
    "/manifest.webmanifest": "manifest.webmanifest",
    "/favicon.ico": "icons/favicon.ico",
}

_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".webp": "image/webp",
}
_TRUST = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Trust this studio</title>
<h1>Trust this studio</h1>
<p><a href="/trust/facewright-studio.crt">Download its certificate</a>, then:</p>
<h2>Android</h2><p>Settings, Security, More security settings, Install from storage,
CA certificate: choose the downloaded file.</p>
<h2>iPhone and iPad</h2><p>Settings, Profile downloaded: install it. Then Settings, General, About,
Certificate trust settings: turn it on.</p>
<p>It can only vouch for this machine. Remove it in the same place when you no longer use it.</p>
<p><a href="/">Open the studio</a></p></html>
"""


def build_app(settings: Settings, painter: Painter | None = None) -> Guard:
    """Build the ASGI application.

    Args:
        settings: Folder, hosts, token and limits.
        painter: Process that draws faces; None draws them in this process.
    """
    from fastapi import APIRouter, FastAPI

    from facewright.studio.routes.commands import add_commands
    from facewright.studio.routes.faces import add_faces
    from facewright.studio.routes.files import add_files
    from facewright.studio.routes.jobs import add_changes, add_jobs
    from facewright.studio.routes.live import add_live

    engine = Engine(settings, painter)

    @contextlib.asynccontextmanager
    async def run(_: FastAPI) -> AsyncIterator[None]:
        await engine.start()
        try:
            yield
        finally:
            await engine.stop()

    app = FastAPI(
        title="Facewright Studio",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=run,
    )
    router = APIRouter(prefix="/api/v1")
    add_commands(router, engine)
    add_jobs(router, engine)
    add_changes(router, engine)
    add_files(router, engine)
    add_faces(router, engine)
    add_live(router, engine)
    app.include_router(router)
    handle_errors(app)
    _add_web(app)
    _add_trust(app, settings)
    app.state.engine = engine
    return Guard(app, settings)


def _add_web(app: FastAPI) -> None:
    """Serve the web app from memory, with ETags, compressed if the client accepts gzip."""
    from fastapi import Request, Response
    from starlette.routing import Route

    @cache
    def read(path: Path, _changed: int) -> tuple[bytes, bytes, str]:
        data = path.read_bytes()
        return data, gzip.compress(data, mtime=0), f'"{hashlib.sha256(data).hexdigest()[:24]}"'

    async def send(request: Request) -> Response:
        address = request.scope["path"]
        name = _AT_ROOT.get(address) or address.removeprefix("/app/").lstrip("/")
        path = WEB / name
        if ".." in Path(name).parts or not path.is_file():
            raise Refused(404, f"there is no {address}")
        data, packed, tag = read(path, path.stat().st_mtime_ns)
        headers = {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
        if tag in request.headers.get("if-none-match", ""):  # asked for again, and not sent again
            return Response(status_code=304, headers=headers)
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0]
        if "gzip" in request.headers.get("accept-encoding", "") and len(packed) < len(data):
            data, headers["Content-Encoding"] = packed, "gzip"
        return Response(data, media_type=kind, headers=headers)

    for address in (*_AT_ROOT, "/app/{name:path}", "/icons/{name:path}"):
        app.router.routes.append(Route(address, send, methods=["GET", "HEAD"]))


def _add_trust(app: FastAPI, settings: Settings) -> None:
    """With HTTPS, serve the certificate of the authority, and a page that says how to trust it."""
    from fastapi.responses import FileResponse, HTMLResponse

    if not settings.secure:
        return
    authority = find_authority(settings.data)

    def explain() -> HTMLResponse:
        return HTMLResponse(_TRUST)

    def send() -> FileResponse:
        kind = "application/x-x509-ca-cert"
        return FileResponse(authority, media_type=kind, filename="facewright-studio.crt")

    app.add_api_route("/trust", explain, include_in_schema=False)
    app.add_api_route("/trust/facewright-studio.crt", send, include_in_schema=False)
