"""How a run is shown while it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ShowOptions:
    """How a run is shown while it runs."""

    show: bool = False
    """Show the result as it is made, in a page that only this machine can open."""
    port: int = 0
    """The port of the page; 0 takes a free one."""
    open: bool = True
    """Open the page in a browser; otherwise its address is printed."""
