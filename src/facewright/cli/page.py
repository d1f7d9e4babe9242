"""What a page in a browser sees of a run, and what it wishes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

from facewright.live.session import LiveSession, View

_GRACE = 2.0  # seconds in which a page that was left may come back: that is what a reload does
_PRESENT = 30.0  # seconds after which a page that asks for nothing counts as gone


class Page:
    """A viewer whose frames are fetched by pages in browsers, each as fast as it can.

    A task shows frames in its thread; the rest is called in the threads of the server.

    Attributes:
        live: What is shown, and how to keep it.
        address: Where it is, with its secret; empty until it is served.
    """

    def __init__(self, live: LiveSession, now: Callable[[], float] = time.monotonic) -> None:
        """Prepare a page that nobody sees yet.

        Args:
            live: What is shown.
            now: Tells the time in seconds.
        """
        self.live = live
        self.address = ""
        self._now = now
        self._news, self._drawing = threading.Condition(), threading.Lock()
        self._view: View | None = None
        self._drawn: tuple[int, bytes] = (0, b"")
        self._here: dict[str, float] = {}
        self._gone: set[str] = set()
        self._left: float | None = None
        self._wishes_end = False
        self._reason: str | None = None

    @property
    def closed(self) -> bool:
        """Whether someone has ended the run from a page, or the last page was left for good."""
        with self._news:
            if self._wishes_end or self._left is None:
                return self._wishes_end
            now = self._now()
            waiting = any(now - seen < _PRESENT for seen in self._here.values())
            return not waiting and now - self._left > _GRACE

    def show(self, view: View) -> None:
        """Show a frame to whoever asks for one."""
        with self._news:
            self._view = view
            self._news.notify_all()

    def wait(self, name: str, after: int, seconds: float) -> View | None:
        """Wait for a frame that a page does not have yet, or for the end.

        Args:
            name: Of the page.
            after: The number of the frame that it has.
            seconds: How long to wait.

        Returns:
            The latest frame; None if there is none yet.
        """
        with self._news:
            if name not in self._gone:
                self._here[name] = self._now()
            fresh = self._news.wait_for(
                lambda: self._reason is not None or (self._view and self._view.number > after),
                seconds,
            )
            return self._view if fresh and self._view and self._view.number > after else None

    def render(self, view: View) -> bytes:
        """Return a frame as a JPEG; each is made once, however many pages there are."""
        with self._drawing:
            if self._drawn[0] != view.number:
                self._drawn = view.number, self.live.render(view)
            return self._drawn[1]

    def describe(self) -> str:
        """Return how the run is getting on, as JSON in ASCII."""
        with self._news:
            reason = self._reason
        return json.dumps({**asdict(self.live.describe()), "ended": reason})

    def leave(self, name: str) -> None:
        """Note that a page was left.

        Args:
            name: Of the page.
        """
        with self._news:
            self._gone.add(name)
            self._here.pop(name, None)
            self._left = self._now()

    def wish_end(self) -> None:
        """Ask the task to end."""
        with self._news:
            self._wishes_end = True

    def end(self, reason: str) -> None:
        """Say to all pages that it is over.

        Args:
            reason: Why; empty if there is nothing to add.
        """
        with self._news:
            self._reason = reason
            self._news.notify_all()

    def note_farewell(self, name: str) -> None:
        """Note that a page knows about the end.

        Args:
            name: Of the page.
        """
        with self._news:
            if self._reason is not None:
                self._here.pop(name, None)
                self._news.notify_all()

    def wait_for_farewells(self, seconds: float) -> None:
        """Wait until every page knows about the end.

        Args:
            seconds: How long to wait for pages that ask for nothing.
        """
        with self._news:
            self._news.wait_for(lambda: not self._here, seconds)
