"""Worker processes, which run jobs: one for pictures, one for jobs that take minutes."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facewright.errors import FacewrightError
from facewright.files import lock_file
from facewright.jobs.interface.calls import bind, place_outputs
from facewright.jobs.interface.forms import read_form
from facewright.jobs.interface.lengthy import is_lengthy
from facewright.jobs.interface.signature import explain, find_command
from facewright.jobs.records import to_text
from facewright.studio.processes.start import end_imports, start_process
from facewright.studio.store import Job, Lane, Store

if TYPE_CHECKING:
    from huey.api import Huey, TaskWrapper

INPUTS, WORK = "inputs", "work"
"""Folders of a job: uploads, and unfinished results."""
OUTCOME = "outcome.json"
"""File of what a command returned, as JSON."""

_MOST_MEMORY: dict[Lane, int] = {"quick": 3 << 30, "long": 1 << 30}  # bytes, after a job
_NICE: dict[Lane, int] = {"quick": 2, "long": 10}  # steps behind the server, which is looked at
_PAUSE = 0.05  # seconds between two looks into an empty queue
_TICK = 0.2  # seconds between two notes of progress
_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - as concurrent.futures has it
    """The job was cancelled or deleted."""


def find_lane(store: Store, job: Job) -> Lane:
    """Return the lane of a job: "long" if it may take minutes."""
    folder = store.folder(job.id) / INPUTS
    given = [one for several in job.inputs.values() for one in several]
    paths = [folder / one["name"] if "name" in one else None for one in given]
    return "long" if is_lengthy(job.command, paths, job.values) else "quick"


def open_queue(data: Path, lane: Lane, address: str = "") -> Huey:
    """Open the queue of a lane.

    Args:
        data: Folder of the studio; the queue is a file of SQLite in it.
        lane: The lane.
        address: URL of a Redis server to use instead; may be empty.
    """
    from huey import RedisHuey, SqliteHuey

    name = f"facewright-{lane}"
    if address:
        return RedisHuey(name, url=address, results=False)
    return SqliteHuey(name, filename=str(data / "queue.db"), results=False)


def declare_task(queue: Huey, store: Store, lane: Lane) -> TaskWrapper:
    """Define the only task of a queue, which runs a job; calling it enqueues the job."""

    @queue.task(name="do_job")  # type: ignore[untyped-decorator]
    def do_job(job: str) -> None:
        do(store, job, lane)

    return do_job


def work(data: Path, lane: Lane, address: str = "") -> None:
    """Run the jobs of a lane until the parent process has ended.

    Networks stay loaded between jobs. A process whose peak memory exceeds `_MOST_MEMORY` after a
    job ends, and is replaced. A lock allows one worker per lane; a second one waits for it.

    Args:
        data: Folder of the studio.
        lane: The lane.
        address: URL of a Redis server; empty for a file of SQLite.
    """
    parent = os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # what was begun is taken up again
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one
    data.mkdir(parents=True, exist_ok=True)
    with (data / f"worker-{lane}.lock").open("w") as held:
        while not lock_file(held.fileno()):
            if os.getppid() != parent:
                return
            time.sleep(_PAUSE)
        store = Store(data)
        queue = open_queue(data, lane, address)
        do_job = declare_task(queue, store, lane)
        for job in store.recover(lambda one: find_lane(store, one) == lane):
            do_job(job)
        while os.getppid() == parent:
            task = queue.dequeue()
            if task is None:
                time.sleep(_PAUSE)
                continue
            _prepare()
            queue.execute(task)
            if _measure_peak() > _MOST_MEMORY[lane]:
                return


@cache
def _prepare() -> None:
    """Load PyTorch, once, before the first job."""
    from facewright.device import keep_memory

    keep_memory()
    end_imports()


def _measure_peak() -> int:
    """Return the peak resident memory of this process in bytes; 0 on Windows."""
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def do(store: Store, name: str, lane: Lane = "quick") -> None:
    """Run a job, if it is queued, and record how it ended."""
    job = store.claim(name, lane, os.getpid())
    if job is None:
        return
    try:
        with _noting_warnings() as warnings:
            refused = _make(store, job)
    except Cancelled:
        shutil.rmtree(store.folder(name) / WORK, ignore_errors=True)
    except (FacewrightError, OSError, MemoryError, RuntimeError, ValueError) as error:
        if not isinstance(error, FacewrightError):
            _log.exception("the job %s failed", name)
        message, hint, _ = explain(error)
        said = {"message": message or type(error).__name__, "hint": hint}
        store.finish(name, "failed", error=said)
    else:
        store.finish(name, "done", warnings=(*warnings, *refused))
    finally:
        store.release(name)


def _make(store: Store, job: Job) -> list[str]:
    """Run the command of a job, and publish its results by renaming their folder.

    Returns:
        The sources that the command refused, each with the reason.
    """
    folder, finished = store.folder(job.id), store.results(job.id)
    if finished.is_dir():  # the process ended between the last step and its note
        return []
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(folder):
        outcome = _call(store, job)
    command = find_command(job.command)
    says_more = command is not None and command.data
    (folder / WORK).mkdir(exist_ok=True)
    if says_more:
        text = to_text(outcome).replace(f'"{WORK}/', '"')
        (folder / WORK / OUTCOME).write_text(text, encoding="utf-8")
    if not store.is_running(job.id):
        raise Cancelled
    (folder / WORK).replace(finished)
    return [f"{one.source}: {one.reason}" for one in getattr(outcome, "refused", ())]


def _call(store: Store, job: Job) -> Any:
    """Run the command of a job; results of an earlier attempt are continued, or else discarded."""
    try:
        return _call_once(store, job)
    except FacewrightError:
        if job.attempts == 1:
            raise
        shutil.rmtree(WORK, ignore_errors=True)
        return _call_once(store, job)


def _call_once(store: Store, job: Job) -> Any:
    """Run the command of a job in the current folder."""
    command = find_command(job.command)
    if command is None:
        raise FacewrightError(f"there is no command `{job.command}` any more")
    form = read_form(command)
    inputs = {name: [_place(one) for one in given] for name, given in job.inputs.items()}
    values = place_outputs(form, inputs, job.values, WORK)
    latest = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal latest
        if time.monotonic() - latest > _TICK or done >= total:
            latest = time.monotonic()
            if not store.set_progress(job.id, done, total):
                raise Cancelled

    return bind(command, form, inputs, values)(tell)


def _place(given: dict[str, Any]) -> str:
    """Return an input as the command takes it; draw the picture of a generated person."""
    if "text" in given:
        return str(given["text"])
    from facewright.jobs.interface.seeds import draw_seed

    path = Path(INPUTS) / given["name"]
    if "face" in given and not path.is_file():
        draw_seed(path, given["face"])
    return str(path)


@contextlib.contextmanager
def _noting_warnings() -> Iterator[list[str]]:
    """Collect the warnings that the package logs."""
    found: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("facewright")
    log.addHandler(handler)
    try:
        yield found
    finally:
        log.removeHandler(handler)


def start_worker(data: Path, lane: Lane, address: str) -> subprocess.Popen[bytes]:
    """Start the worker process of a lane.

    Args:
        data: Folder of the studio.
        lane: The lane.
        address: URL of a Redis server; empty for a file of SQLite.
    """
    words = (str(data), lane, address)
    return start_process("worker", "main", *words, stdin=subprocess.DEVNULL)


def main(data: str, lane: Lane, address: str) -> None:
    """Entry point of the process that `start_worker` starts."""
    if hasattr(os, "nice"):
        os.nice(_NICE[lane])
    work(Path(data), lane, address)
