"""The processes that do the jobs of a studio: one for pictures, one for what takes minutes."""

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
"""Folders of a job: uploads, and what is being made."""
OUTCOME = "outcome.json"
"""The result that says what a command returned."""

_MOST_MEMORY: dict[Lane, int] = {"quick": 3 << 30, "long": 1 << 30}  # bytes, after a job
_NICE: dict[Lane, int] = {"quick": 2, "long": 10}  # steps behind the server, which is looked at
_PAUSE = 0.05  # seconds between two looks into an empty queue
_TICK = 0.2  # seconds between two notes of progress
_log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - as concurrent.futures has it
    """Nobody wants the job any more."""


def find_lane(store: Store, job: Job) -> Lane:
    """Return in which lane a job is done: whether it may take minutes."""
    folder = store.folder(job.id) / INPUTS
    given = [one for several in job.inputs.values() for one in several]
    paths = [folder / one["name"] if "name" in one else None for one in given]
    return "long" if is_lengthy(job.command, paths, job.values) else "quick"


def open_queue(data: Path, lane: Lane, address: str = "") -> Huey:
    """Return the queue of a lane: in a file of SQLite, or on a Redis server."""
    from huey import RedisHuey, SqliteHuey

    name = f"facewright-{lane}"
    if address:
        return RedisHuey(name, url=address, results=False)
    return SqliteHuey(name, filename=str(data / "queue.db"), results=False)


def declare_task(queue: Huey, store: Store, lane: Lane) -> TaskWrapper:
    """Return the one task of a queue: to do a job by its name. Calling it adds to the queue."""

    @queue.task(name="do_job")  # type: ignore[untyped-decorator]
    def do_job(job: str) -> None:
        do(store, job, lane)

    return do_job


def work(data: Path, lane: Lane, address: str = "") -> None:
    """Do the jobs of a lane until the process that started this one is gone.

    Networks stay loaded from job to job, until the process has held too much memory: then it ends,
    and another one goes on. Only one process of each lane works at a time; another one waits until
    it ends.

    Args:
        data: The folder of the studio.
        lane: Whose jobs.
        address: Of a Redis server; empty for a file of SQLite.
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
    """Load PyTorch before the first job, and not before there is one."""
    from facewright.device import keep_memory

    keep_memory()
    end_imports()


def _measure_peak() -> int:
    """Return the most bytes that this process has held; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def do(store: Store, name: str, lane: Lane = "quick") -> None:
    """Do a job, unless it was cancelled or is done already."""
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
    """Run the command of a job; what it made is moved to its place in one step.

    Returns:
        What was refused, each with the reason.
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
    """Run the command of a job in its folder; go on with what an earlier attempt left there."""
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
    """Return what a command is given for an input; a seed that has to be a picture is drawn."""
    if "text" in given:
        return str(given["text"])
    from facewright.jobs.interface.seeds import draw_seed

    path = Path(INPUTS) / given["name"]
    if "face" in given and not path.is_file():
        draw_seed(path, given["face"])
    return str(path)


@contextlib.contextmanager
def _noting_warnings() -> Iterator[list[str]]:
    """Give a list that fills with what the package warns of."""
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
    """Start a process that works; by name, as the queue calls its task by the name of its module.

    Args:
        data: The folder of the studio.
        lane: Whose jobs it does.
        address: Of a Redis server; empty for a file of SQLite.
    """
    words = (str(data), lane, address)
    return start_process("worker", "main", *words, stdin=subprocess.DEVNULL)


def main(data: str, lane: Lane, address: str) -> None:
    """Work for a studio: what a process does that `start_worker` started."""
    if hasattr(os, "nice"):
        os.nice(_NICE[lane])
    work(Path(data), lane, address)
