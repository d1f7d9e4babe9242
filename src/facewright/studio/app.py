"""Put the studio together: interface, app, and what stands guard in front of both."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facewright.studio.engine import Engine
from facewright.studio.errors import handle_errors
from facewright.studio.security.guard import Guard
from facewright.studio.settings import Settings
from facewright.version import __version__

if TYPE_CHECKING:
    from fastapi import FastAPI

WEB = Path(__file__).with_name("web")
"""The files of the app."""

_AT_ROOT = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/sw.js": ("sw.js", "text/javascript"),
    "/manifest.webmanifest": ("manifest.webmanifest", "application/manifest+json"),
}


def build_app(settings: Settings) -> Guard:
    """Return the studio as an ASGI application.

    Args:
        settings: Where its data are, who may come, and how much it takes.
    """
    from fastapi import APIRouter, FastAPI

    from facewright.studio.routes.commands import add_commands
    from facewright.studio.routes.faces import add_faces
    from facewright.studio.routes.files import add_files
    from facewright.studio.routes.jobs import add_changes, add_jobs

    engine = Engine(settings)

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
    add_commands(router, settings)
    add_jobs(router, engine)
    add_changes(router, engine)
    add_files(router, engine)
    add_faces(router, engine)
    app.include_router(router)
    handle_errors(app)
    _add_web(app)
    app.state.engine = engine
    return Guard(app, settings)


def _add_web(app: FastAPI) -> None:
    """Serve the files of the app."""
    from fastapi.responses import FileResponse
    from fastapi.staticfiles import StaticFiles

    def serve(address: str, name: str, kind: str) -> None:
        def send() -> Any:
            return FileResponse(WEB / name, media_type=kind, headers={"Cache-Control": "no-cache"})

        app.add_api_route(address, send, methods=["GET", "HEAD"], include_in_schema=False)

    for address, (name, kind) in _AT_ROOT.items():
        serve(address, name, kind)
    app.mount("/icons", StaticFiles(directory=WEB / "icons", check_dir=False))
    app.mount("/app", StaticFiles(directory=WEB, check_dir=False))
