"""Settings of a studio: folder, hosts, token, limits."""

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
    """Limits of requests, jobs and the disk."""

    upload_bytes: int = 512 * _MIB
    """Largest body of one request, bytes."""
    files: int = 64
    """Most files in one request."""
    media: MediaLimits = field(default_factory=MediaLimits)
    """Limits of pictures, clips and archives after decoding."""
    jobs: int = 64
    """Most unfinished jobs of one client."""
    disk_bytes: int = 20_480 * _MIB
    """Most bytes of all jobs together; above, new jobs are refused."""
    spare_bytes: int = 512 * _MIB
    """Bytes that stay free on the disk; below, new jobs are refused."""
    upload_days: float = 1
    """Days until uploads are deleted, unless their job is kept."""
    upload_seconds: float = 30
    """Seconds to send a request, plus one for every `slowest` bytes received."""
    slowest: int = 64 << 10
    """Lowest rate of an upload, bytes per second."""
    live: int = 4
    """Most simultaneous live sessions."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one studio."""

    data: Path
    """Folder of jobs, queues and certificates."""
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Accepted values of the Host header, without the port."""
    token: str | None = None
    """Token that clients send; None if there is none, for loopback only."""
    secure: bool = False
    """Whether it is served by HTTPS."""
    limits: Limits = field(default_factory=Limits)
    queue: str = ""
    """URL of a Redis server; empty for a file of SQLite."""
    worker: bool = True
    """Whether worker processes are started; tests run jobs themselves."""
    weights: str | None = None
    """Generator of the faces shown, by name or file; None is the one that ships."""


def find_data(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the default folder of a studio, in the folder of the user's data."""
    from platformdirs import user_data_path

    named = environ.get("FACEWRIGHT_STUDIO")
    return Path(named) if named else user_data_path("facewright", appauthor=False) / "studio"
