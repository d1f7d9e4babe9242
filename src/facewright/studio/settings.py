"""Where the studio keeps its data, and how much it takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from facewright.jobs.interface.limits import MediaLimits

QUEUE_VARIABLE = "FACEWRIGHT_QUEUE"
"""The environment variable that names a Redis server for the queue, as redis://HOST:PORT/DB."""

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted."""

    upload_bytes: int = 512 * _MIB
    """Of one request."""
    files: int = 64
    """In one request."""
    media: MediaLimits = field(default_factory=MediaLimits)
    """Of pictures, clips and archives, once they are unpacked."""
    jobs: int = 64
    """Of one client that wait or run."""
    disk_bytes: int = 20_480 * _MIB
    """That all jobs take together."""
    spare_bytes: int = 512 * _MIB
    """That stay free on the disk."""
    upload_days: float = 1
    """After which uploads are deleted, unless their job is kept."""
    upload_seconds: float = 30
    """To send a request, and one more for every `slowest` bytes that came."""
    slowest: int = 64 << 10
    """Bytes per second below which an upload is ended."""
    live: int = 4
    """Live sessions at a time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One studio."""

    data: Path
    """Its folder."""
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Names under which it is reached; a request for another is refused."""
    token: str | None = None
    """What clients have to know; None on this machine alone."""
    secure: bool = False
    """Whether it is reached by https."""
    limits: Limits = field(default_factory=Limits)
    queue: str = ""
    """The address of a Redis server; empty for a file of SQLite."""
    worker: bool = True
    """Whether it starts a process that does the jobs."""
    weights: str | None = None
    """The generator of the faces that it shows; None is what ships."""


def find_data(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the studio: below that of the user's data."""
    from platformdirs import user_data_path

    named = environ.get("FACEWRIGHT_STUDIO")
    return Path(named) if named else user_data_path("facewright", appauthor=False) / "studio"
