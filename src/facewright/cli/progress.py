"""Show on the terminal how far a task is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn


@contextlib.contextmanager
def progress_line() -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with how much is done, and of how much.

    The line is on standard error and vanishes at the end; where that is no terminal, nothing is
    written. A total of 0 is one that nobody knows.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
