"""Inert representations of the content of a pickle: names, records of calls, references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_ANY_CLASS = "_reconstructor"  # of copyreg


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Name:
    """A class or function that a pickle names. It is never imported."""

    module: str
    name: str

    def __str__(self) -> str:
        """Return the name as Python writes it."""
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False, repr=False)
class Record:
    """An object in a pickle: the call that would make it, and its state."""

    maker: Any
    """What would be called: a `Name`, unless the file is malicious."""
    arguments: Any
    """Its arguments: a tuple, unless the file is malicious."""
    state: Any = None
    """The state that would be set on the object."""
    items: list[Any] | None = None
    """Items that would be appended to it."""
    pairs: dict[Any, Any] | None = None
    """Items that would be set by key."""

    @property
    def made_by(self) -> str:
        """Return the full name of what would be called; empty if it has none.

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
    """A reference to data outside the pickle, such as the values of a tensor."""

    key: Any
