"""A lock, so that only one training run at a time writes into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facewright.errors import TrainingError
from facewright.files import lock_file

_NAME = ".lock"


@contextmanager
def lock_run(run: Path) -> Iterator[None]:
    """Lock the folder of a run; the system releases the lock when the process ends.

    Systems and file systems without locks are not locked.

    Args:
        run: The folder; it is made.

    Raises:
        TrainingError: Another process has locked it, or it cannot be written.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        handle = os.open(run / _NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise TrainingError(
            f"cannot write into {run}: {error.strerror or error}", hint="use another --outdir"
        ) from error
    try:
        if not lock_file(handle):
            raise TrainingError(
                f"a run is going on in {run}", hint="wait for it, or use another --outdir"
            )
        yield
    finally:
        os.close(handle)
