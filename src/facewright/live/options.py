"""Options of the live view of a run."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ShowOptions:
    """Options of the live view of a run."""

    show: bool = False
    """Show the result as it is made, in a page that only this machine can open."""
    port: int = 0
    """Port of the page; 0 takes a free one."""
    open: bool = True
    """Open the page in a browser; --no-open prints its address only."""
