"""Convert jobs and their files to JSON."""

from __future__ import annotations

import mimetypes
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from facewright.errors import FacewrightError
from facewright.jobs.interface.forms import read_form
from facewright.jobs.interface.signature import find_command
from facewright.studio.errors import Refused
from facewright.studio.intake import describe_call
from facewright.studio.processes.worker import INPUTS
from facewright.studio.settings import Limits
from facewright.studio.store import ENDED, Job, Store

PREFIX = "/api/v1"

_IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_IMAGES |= {".bmp": "image/bmp", ".gif": "image/gif", ".avif": "image/avif"}
_CLIPS = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".m4v": "video/mp4",
}
_TEXTS = {".json": "application/json", ".jsonl": "application/x-ndjson", ".csv": "text/csv"}
SHOWN = _IMAGES | _CLIPS | _TEXTS
"""Extension → media type of files that browsers may show; others are sent as attachments."""

_KINDS = {
    **dict.fromkeys(_IMAGES, "image"),
    **dict.fromkeys(_CLIPS, "clip"),
    ".latents": "latents",
    ".csv": "table",
    ".json": "json",
    ".jsonl": "json",
    ".html": "page",
    ".zip": "archive",
    ".tar": "archive",
    ".safetensors": "weights",
    ".pt": "weights",
    ".onnx": "weights",
}


def find_type(path: Path) -> str:
    """Return the media type of a file; application/octet-stream unless it is in `SHOWN`."""
    return SHOWN.get(path.suffix.lower(), "application/octet-stream")


def find_job(store: Store, name: str) -> Job:
    """Return a job.

    Raises:
        Refused: There is none.
    """
    try:
        return store.get(name)
    except KeyError:
        raise Refused(404, "there is no such job", hint="it may be deleted") from None


def view_job(store: Store, limits: Limits, job: Job) -> dict[str, Any]:
    """Return a job as `schemas.JobView`."""
    said = asdict(job)
    taken = ("id", "command", "state", "progress", "created", "started", "finished", "error")
    view = {name: said[name] for name in (*taken, "warnings", "kept")}
    line, python = _write_call(job)
    ends = (job.created + limits.upload_days * 86_400) if not job.kept else None
    return {
        **view,
        "options": job.values,
        "inputs": [
            _view_input(job, name, one) for name, all_ in job.inputs.items() for one in all_
        ],
        "command_line": line,
        "python": python,
        "expires": None if job.uploads_deleted or not _has_files(job) else ends,
        "results": list_results(store, job) if job.state in ENDED else [],
    }


def list_results(store: Store, job: Job) -> list[dict[str, Any]]:
    """Return the results of a job as `schemas.ResultFile`, sorted by name."""
    folder = store.results(job.id)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return [_view_result(job, path, path.relative_to(folder).as_posix()) for path in files]


def _view_result(job: Job, path: Path, name: str) -> dict[str, Any]:
    """Return one result as `schemas.ResultFile`."""
    from facewright.jobs.interface.results import measure_file

    url = f"{PREFIX}/jobs/{job.id}/results/{quote(name)}"
    kind = _KINDS.get(path.suffix.lower(), "file")
    width, height = (
        measure_file(path, path.stat().st_mtime_ns) if kind in ("image", "clip") else (None, None)
    )
    return {
        "name": name,
        "url": url,
        "kind": kind,
        "type": find_type(path),
        "bytes": path.stat().st_size,
        "width": width,
        "height": height,
        "thumbnail": f"{url}?thumbnail=320" if kind in ("image", "clip") else None,
    }


def _view_input(job: Job, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return one input as `schemas.InputFile`."""
    file = given.get("name")
    face = given.get("face") or {}
    kind = _KINDS.get(Path(file).suffix.lower(), "file") if file else "text"
    seed = given.get("seed", face.get("seed"))
    there = "" if job.uploads_deleted or given.get("folder") else file
    return {
        "name": name,
        "kind": "seed" if seed is not None else kind,
        "file": file,
        "url": f"{PREFIX}/jobs/{job.id}/{INPUTS}/{quote(there)}" if there else None,
        "seed": seed,
        "text": given.get("text"),
    }


def _has_files(job: Job) -> bool:
    """Return whether a job has uploads."""
    return any("name" in one for given in job.inputs.values() for one in given)


def _write_call(job: Job) -> tuple[str, str]:
    """Return the command line and the Python of a job; empty if its command is gone."""
    command = find_command(job.command)
    if command is None:
        return "", ""
    inputs = {
        name: [str(one.get("text", one.get("name"))) for one in given]
        for name, given in job.inputs.items()
    }
    try:
        return describe_call(command, read_form(command), dict(job.values), inputs)
    except FacewrightError:
        return "", ""


mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/manifest+json", ".webmanifest")
