"""What a pickle says, as data that does nothing: names, records of calls, references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_ANY_CLASS = "_reconstructor"  # of copyreg


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Name:
    """A class or function that a pickle names. It is never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        """Return the name as Python writes it."""
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False, repr=False)
class Record:
    """An object as a pickle describes it: what it would call, and what it would fill in."""

    maker: Any
    """What would be called, a `Name` in honest files."""
    arguments: Any
    """What with: a tuple in honest files."""
    state: Any = None
    """What would be set on the object."""
    items: list[Any] | None = None
    """What would be appended to it."""
    pairs: dict[Any, Any] | None = None
    """What would be put into it by key."""

    @property
    def made_by(self) -> str:
        """Return the full name of what would be called, or nothing.

        Early protocols call one function for every class, which is then its first argument.
        """
        maker = self.maker
        if (
            isinstance(maker, Name)
            and maker.name == _ANY_CLASS
            and isinstance(self.arguments, tuple)
        ):
            maker = self.arguments[0] if self.arguments else maker
        return str(maker) if isinstance(maker, Name) else ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reference:
    """Something outside the pickle, such as the numbers of a tensor."""

    key: Any
