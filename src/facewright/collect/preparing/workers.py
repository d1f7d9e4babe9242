"""Cut faces in several processes, in order."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeAlias

import cv2
import torch

from facewright.collect.preparing.cut import Bench, Result, cut_faces
from facewright.collect.preparing.originals import Original
from facewright.errors import FacewrightError

Batch: TypeAlias = Sequence[Original]
Results: TypeAlias = Generator[list[Result], None, None]

_FEW = 4  # batches for which starting a process does not pay
_bench: list[Bench] = []  # of this process, once it is a worker


def cut_batches(batches: Sequence[Batch], build: Callable[[], Bench], *, workers: int) -> Results:
    """Cut the faces out of many batches of pictures.

    Every process computes with one thread, hence the results do not depend on their number.

    Args:
        batches: A few pictures each.
        build: Makes the reader, detector and settings; called once in each process, so it must be
            picklable.
        workers: Number of processes; for 1, or for few batches, this one does the work.

    Yields:
        The results of each batch, in order.

    Raises:
        FacewrightError: A process died.
    """
    workers = min(workers, len(batches) // _FEW)
    if workers < 2:
        yield from _cut_here(batches, build)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _begin, (build,))
    waiting: deque[Future[list[Result]]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(_work, batch))
            if len(waiting) > 3 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise FacewrightError(
            "a process that cut faces died",
            hint="the memory may be full: use fewer --workers; what is done is kept",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _cut_here(batches: Sequence[Batch], build: Callable[[], Bench]) -> Results:
    """Cut all batches in this process."""
    if not batches:
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        bench = build()
        for batch in batches:
            yield cut_faces(batch, bench)
    finally:
        torch.set_num_threads(threads)


def _begin(build: Callable[[], Bench]) -> None:
    """Prepare a process to work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process decides
    threading.Thread(target=_follow_parent, daemon=True).start()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _bench[:] = [build()]


def _follow_parent() -> None:
    """End this process as soon as the one that started it is gone, however it ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        with contextlib.suppress(OSError):
            parent.join()
        os._exit(1)


def _work(batch: Batch) -> list[Result]:
    """Cut one batch."""
    return cut_faces(batch, _bench[0])
