"""State of a running studio: the table of jobs, queues, workers, and waiting clients."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from anyio.to_thread import current_default_thread_limiter

from facewright.errors import FacewrightError
from facewright.studio.processes.worker import (
    WORK,
    declare_task,
    find_lane,
    open_queue,
    start_worker,
)
from facewright.studio.settings import Settings
from facewright.studio.store import Job, Lane, Store

if TYPE_CHECKING:
    from facewright.jobs.interface.seeds import FaceGallery
    from facewright.studio.processes.painter import Painter

_THREADS = 8  # that answer: each more that computes holds up all others by 5 ms at a time
_LOOK = 0.15  # seconds between two looks for changes of jobs
_PATIENCE = 2.0  # seconds for a job to end by itself once nobody wants it
_REST = 1.0  # seconds before a worker that died is started again
_CLEANING = 600.0  # seconds between two deletions of what is too old
_STRAY = 3600.0  # seconds after which a folder without a job is deleted
_DAY = 86_400.0


class Engine:
    """Table, queues, workers and painter of a running studio.

    Attributes:
        settings: Settings of the studio.
        store: Table of jobs.
        painter: Process that draws faces; None draws them in this process, by `gallery`.
        closing: Whether the server is shutting down.
    """

    def __init__(self, settings: Settings, painter: Painter | None = None) -> None:
        """Open the table and the queues; start nothing."""
        self.settings, self.painter, self.closing = settings, painter, False
        self.store = Store(settings.data)
        self._do_job: dict[Lane, Callable[[str], object]] = {
            lane: declare_task(open_queue(settings.data, lane, settings.queue), self.store, lane)
            for lane in get_args(Lane)
        }
        self._changed: asyncio.Event | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._gallery: FaceGallery | None = None
        self._warming = threading.Lock()
        self._workers: dict[Lane, subprocess.Popen[bytes]] = {}

    @property
    def gallery(self) -> FaceGallery:
        """Generator of faces in this process; importing it loads PyTorch."""
        from facewright.jobs.interface.seeds import FaceGallery

        with self._warming:
            if self._gallery is None:
                self._gallery = FaceGallery(self.settings.weights)
            return self._gallery

    async def start(self) -> None:
        """Start the tasks that watch the table and supervise the workers."""
        current_default_thread_limiter().total_tokens = _THREADS
        self._changed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._watch())]
        if self.settings.worker:
            self._tasks.append(asyncio.create_task(self._look_after()))

    async def stop(self) -> None:
        """Terminate the processes; running jobs are resumed at the next start."""
        self.closing = True
        self.tell_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self._workers.values():
            worker.terminate()
        for worker in self._workers.values():
            await asyncio.to_thread(worker.wait)
        if self.painter is not None:
            await asyncio.to_thread(self.painter.close)
        self.store.close()

    def enqueue(self, job: Job) -> None:
        """Add a job to the queue of its lane."""
        self._do_job[find_lane(self.store, job)](job.id)

    def end_soon(self, job: str) -> None:
        """Call `end_now` in a thread."""
        threading.Thread(target=self.end_now, args=(job,), daemon=True).start()

    def end_now(self, job: str) -> None:
        """Wait until the worker gives up a cancelled job; kill the worker after `_PATIENCE`."""
        end = time.monotonic() + _PATIENCE
        while self.store.find_worker(job) and time.monotonic() < end:
            time.sleep(0.02)
        pid = self.store.find_worker(job)
        if pid and self.settings.worker:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            self.store.release(job)
        shutil.rmtree(self.store.folder(job) / WORK, ignore_errors=True)

    async def wait_for_change(self, seconds: float) -> None:
        """Wait until a job changes, or for at most so many seconds."""
        if self._changed is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)

    def tell_all(self) -> None:
        """Wake up everything in `wait_for_change`."""
        if self._changed is not None:
            self._changed.set()
            self._changed = asyncio.Event()

    async def _watch(self) -> None:
        """Poll the table; call `tell_all` when any process changed it."""
        seen: object = None
        while True:
            now = await asyncio.to_thread(self.store.watch)
            if now != seen:
                seen = now
                self.tell_all()
            await asyncio.sleep(_LOOK)

    async def _look_after(self) -> None:
        """Start the workers, restart those that ended, and delete expired files."""
        warming = threading.Thread(target=self._warm_up, daemon=True)
        warming.start()
        while warming.is_alive():  # the first face comes before everything else
            await asyncio.sleep(_LOOK)
        cleaned = 0.0
        while True:
            for lane in get_args(Lane):
                worker = self._workers.get(lane)
                if worker is not None and worker.poll():  # it died
                    await asyncio.sleep(_REST)
                if worker is None or worker.poll() is not None:
                    self._workers[lane] = self._start_worker(lane)
            if time.monotonic() - cleaned > _CLEANING:
                cleaned = time.monotonic()
                await asyncio.to_thread(self._clean)
            await asyncio.sleep(_LOOK)

    def _warm_up(self) -> None:
        """Wait for the painter, then build the forms of all commands, which are cached."""
        from facewright.jobs.interface.forms import list_forms

        with contextlib.suppress(FacewrightError):  # who asks for a face gets the error
            (self.painter or self.gallery).list_options()
        list_forms()

    def _clean(self) -> None:
        """Delete expired uploads and folders of broken ones."""
        days = self.settings.limits.upload_days
        self.store.delete_uploads(time.time() - days * _DAY)
        self.store.delete_strays(time.time() - _STRAY)

    def _start_worker(self, lane: Lane) -> subprocess.Popen[bytes]:
        """Start the worker of a lane."""
        return start_worker(self.settings.data, lane, self.settings.queue)
