"""Ctrl-C and SIGTERM as a flag that a training loop reads."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignal:
    """Turns Ctrl-C and SIGTERM into a flag that the training loop reads between two steps.

    A second Ctrl-C raises KeyboardInterrupt at once. Outside of the main thread, where Python
    allows no signal handlers, it does nothing. The end of the block restores the old handlers.

    Attributes:
        requested: Whether the run has been asked to stop.

    Example:
        >>> with StopSignal() as stop:
        ...     stop.requested
        False
    """

    def __init__(self, notice: str = "") -> None:
        """Set up; handlers are installed on entering the block.

        Args:
            notice: Message to print to standard error as soon as the run is asked to stop.
        """
        self.requested = False
        self._notice = notice
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopSignal:
        """Install the handlers."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Restore the old handlers."""
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous.clear()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        """Set the flag; raise KeyboardInterrupt at the second Ctrl-C."""
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        if self._notice and not self.requested:
            with contextlib.suppress(OSError):  # whoever read it may be gone
                os.write(2, f"\n{self._notice}\n".encode())  # unlike print, never in the middle
        self.requested = True
