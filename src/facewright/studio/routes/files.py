"""Routes of files: results with thumbnails and provenance, archives, uploads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from facewright.studio.errors import Refused
from facewright.studio.intake import find_file
from facewright.studio.processes.worker import INPUTS
from facewright.studio.routes.cache import PictureCache, send_picture
from facewright.studio.routes.schemas import WRONG, Provenance
from facewright.studio.routes.views import SHOWN, find_job, find_type
from facewright.studio.store import Job

if TYPE_CHECKING:
    from facewright.studio.processes.engine import Engine

_PLAIN = {"content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}
_Side = Annotated[int | None, Query(ge=16, le=2048)]


def add_files(router: APIRouter, engine: Engine) -> None:
    """Add the routes."""
    add_archives(router, engine)
    store, cache = engine.store, PictureCache()
    answers: dict[str, Any] = {"tags": ["files"], "responses": WRONG}

    def find(name: str) -> Job:
        return find_job(store, name)

    @router.get("/jobs/{job}/results/{name:path}/provenance", response_model=Provenance, **answers)
    def trace_result(job: str, name: str) -> dict[str, Any]:
        """Say how a result came about: manifest, signature, watermark."""
        from facewright.jobs.interface.results import trace_file

        return trace_file(_find_result(engine, find(job), name))

    @router.get("/jobs/{job}/results/{name:path}", response_class=FileResponse, **answers)
    def send_result(
        job: str,
        name: str,
        *,
        download: bool = False,
        thumbnail: _Side = None,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Send a result, or a part of it that a Range header names; or a small WebP of it."""
        path = _find_result(engine, find(job), name)
        if thumbnail is not None:
            return _send_small(cache, path, thumbnail, if_none_match)
        return _send(path, download=download)

    @router.get("/jobs/{job}/inputs/{name}", response_class=FileResponse, **answers)
    def send_input(
        job: str,
        name: str,
        *,
        thumbnail: _Side = None,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Send what was uploaded."""
        folder = store.folder(find(job).id) / INPUTS
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise Refused(404, f"there is no upload `{name}`", hint="it is deleted after a day")
        if thumbnail is not None:
            return _send_small(cache, path, thumbnail, if_none_match)
        return _send(path, download=False)


def add_archives(router: APIRouter, engine: Engine) -> None:
    """Add the route of a job's results as a zip."""

    @router.get(
        "/jobs/{job}/results.zip",
        response_class=StreamingResponse,
        tags=["files"],
        responses={**WRONG, 200: {"content": {"application/zip": {}}}},
    )
    def send_all(job: str) -> StreamingResponse:
        """Send all results in one archive."""
        found = find_job(engine.store, job)
        folder = engine.store.results(found.id)
        if not folder.is_dir():
            raise Refused(409, f"the job is {found.state}", hint="wait until it is done")
        name = f"{found.command.replace(' ', '-')}-{found.id[:6]}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_pack(folder), media_type="application/zip", headers=headers)


def _find_result(engine: Engine, job: Job, name: str) -> Path:
    """Return the path of a result, or raise Refused."""
    if not engine.store.results(job.id).is_dir():
        raise Refused(409, f"the job is {job.state}", hint="wait until it is done")
    return find_file(engine.store, job.id, name)


def _send_small(cache: PictureCache, path: Path, side: int, known: str | None) -> Response:
    """Send a small WebP of a picture or clip."""
    from facewright.jobs.interface.results import render_thumbnail

    key = (path, path.stat().st_mtime_ns, side)
    return send_picture(*cache.find(key, lambda: render_thumbnail(path, side)), known)


def _send(path: Path, *, download: bool) -> Response:
    """Return a file; types that browsers could execute are sent as attachments."""
    shown = path.suffix.lower() in SHOWN and not download
    return FileResponse(
        path,
        media_type=find_type(path),
        filename=path.name,
        content_disposition_type="inline" if shown else "attachment",
        headers={**_PLAIN, "Cache-Control": "private, max-age=3600"},
    )


def _pack(folder: Path) -> Iterator[bytes]:
    """Yield an uncompressed zip of a folder in parts."""
    made = _Parts()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            info = zipfile.ZipInfo.from_file(path, path.relative_to(folder).as_posix())
            with archive.open(info, "w") as target, path.open("rb") as source:
                while part := source.read(1 << 20):
                    target.write(part)
                    yield made.take()
            yield made.take()
    yield made.take()


class _Parts(io.RawIOBase):
    """A write-only file whose content is taken in parts."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, part: Any) -> int:
        """Append bytes."""
        self._parts.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        """Return and forget what was written."""
        taken, self._parts = b"".join(self._parts), []
        return taken
