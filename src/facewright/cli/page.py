"""The state between a run and the pages in browsers that show it."""

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
    """A viewer whose frames are fetched by pages in browsers, each at its own speed.

    The task calls `show` in its thread; the server calls all other methods in its threads.

    Attributes:
        live: The session.
        address: Address of the page, with its secret; empty until it is served.
    """

    def __init__(self, live: LiveSession, now: Callable[[], float] = time.monotonic) -> None:
        """Set up a page without viewers.

        Args:
            live: The session.
            now: Returns the time in seconds.
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
        """Whether a page has ended the run, or the last page was closed for good."""
        with self._news:
            if self._wishes_end or self._left is None:
                return self._wishes_end
            now = self._now()
            waiting = any(now - seen < _PRESENT for seen in self._here.values())
            return not waiting and now - self._left > _GRACE

    def show(self, view: View) -> None:
        """Make a frame available to pages."""
        with self._news:
            self._view = view
            self._news.notify_all()

    def wait(self, name: str, after: int, seconds: float) -> View | None:
        """Wait for a frame that a page does not have yet, or for the end.

        Args:
            name: Name of the page.
            after: Number of the last frame that it has.
            seconds: Longest time to wait.

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
        """Return a frame as a JPEG; each is encoded once for all pages."""
        with self._drawing:
            if self._drawn[0] != view.number:
                self._drawn = view.number, self.live.render(view)
            return self._drawn[1]

    def describe(self) -> str:
        """Return the progress of the run, as JSON in ASCII."""
        with self._news:
            reason = self._reason
        return json.dumps({**asdict(self.live.describe()), "ended": reason})

    def leave(self, name: str) -> None:
        """Record that a page was closed.

        Args:
            name: Name of the page.
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
        """Notify all pages that the run is over.

        Args:
            reason: The reason; empty for none.
        """
        with self._news:
            self._reason = reason
            self._news.notify_all()

    def note_farewell(self, name: str) -> None:
        """Record that a page was notified of the end.

        Args:
            name: Name of the page.
        """
        with self._news:
            if self._reason is not None:
                self._here.pop(name, None)
                self._news.notify_all()

    def wait_for_farewells(self, seconds: float) -> None:
        """Wait until every page was notified of the end.

        Args:
            seconds: Longest time to wait for pages that make no request.
        """
        with self._news:
            self._news.wait_for(lambda: not self._here, seconds)
