"""Read frames ahead in a background thread, so that decoding runs in parallel."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterator
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")

_PAUSE = 0.1  # seconds between two looks at whether anyone still wants to read


def read_ahead(items: Iterator[T], room: int = 3) -> Iterator[T]:
    """Read items ahead in a background thread.

    Args:
        items: The items to read.
        room: Most items that are read ahead.

    Yields:
        The items in order. Errors of the background thread are raised here, after the items before
        them.

    Example:
        >>> list(read_ahead(iter("abc")))
        ['a', 'b', 'c']
    """
    reader = _Reader(items, room)
    try:
        while (what := reader.take()) is not None:
            if isinstance(what, BaseException):
                raise what
            yield what[0]
    finally:
        reader.close()


class _Reader(Generic[T]):
    """A thread that reads items into a queue."""

    def __init__(self, items: Iterator[T], room: int) -> None:
        self._items = items
        self._queue: Queue[tuple[T] | BaseException | None] = Queue(room)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="read ahead", daemon=True)
        self._thread.start()

    def take(self) -> tuple[T] | BaseException | None:
        """Return the next item, an error, or None at the end."""
        return self._queue.get()

    def close(self) -> None:
        """End the thread, even before the last item."""
        self._over.set()
        with contextlib.suppress(Empty):
            while True:
                self._queue.get_nowait()
        self._thread.join()

    def _read(self) -> None:
        """Read until the items end or the reader is closed."""
        try:
            for item in self._items:
                self._offer((item,))
                if self._over.is_set():
                    break
            if isinstance(self._items, Generator):
                self._items.close()  # here, so that what it reads ends before this thread does
            self._offer(None)
        except BaseException as error:  # noqa: BLE001 - raised where the items are used
            self._offer(error)

    def _offer(self, what: tuple[T] | BaseException | None) -> None:
        """Put something into the queue as soon as there is room."""
        while not self._over.is_set():
            with contextlib.suppress(Full):
                self._queue.put(what, timeout=_PAUSE)
                return
