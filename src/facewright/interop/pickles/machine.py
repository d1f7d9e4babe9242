"""The stack machine that interprets pickles, with checks of its data."""

from __future__ import annotations

import struct
from typing import Any

from facewright.interop.pickles.inert import Name, Record, Reference

_ATOMS = (type(None), bool, int, float, str, bytes)


class Machine:
    """A stack, a numbered memo, and a position in the data.

    Invalid data raise a LookupError, TypeError, ValueError or `struct.error`.
    """

    def __init__(self, data: bytes, start: int) -> None:
        self.data, self.at = data, start
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.references: list[Reference] = []

    def take(self, size: int) -> bytes:
        """Read so many bytes."""
        if not 0 <= size <= len(self.data) - self.at:
            raise ValueError("the data ends")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str) -> Any:
        """Read a number in a format of `struct`."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> bytes:
        """Read up to the end of a line."""
        start, end = self.at, self.data.index(b"\n", self.at)
        self.at = end + 1
        return self.data[start:end]

    def sized(self, form: str) -> bytes:
        """Read a number and so many bytes."""
        return self.take(self.number(form))

    def marked(self) -> list[Any]:
        """Take everything since the last mark from the stack."""
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found

    def pop(self, count: int) -> list[Any]:
        """Take so many values from the stack."""
        if len(self.stack) < count:
            raise IndexError("the stack is empty")
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return found


def check_key(key: Any) -> Any:
    """Return a key of a dictionary or set, if hashing it is harmless."""
    flat = isinstance(key, tuple) and all(isinstance(part, _ATOMS) for part in key)
    if not (flat or isinstance(key, (*_ATOMS, Name, Record, Reference))):
        raise TypeError("not a key")
    return key


def extend(target: Any, values: list[Any]) -> None:
    """Append values to a list or to the record of one."""
    if isinstance(target, Record):
        target.items = target.items or []
        target = target.items
    if not isinstance(target, list):
        raise TypeError("not a list")
    target.extend(values)


def fill(target: Any, flat: list[Any]) -> None:
    """Put keys and values, one after the other, into a dictionary or the record of one."""
    if isinstance(target, Record):
        target.pairs = target.pairs or {}
        target = target.pairs
    if not isinstance(target, dict) or len(flat) % 2:
        raise TypeError("not a dictionary")
    for key, value in zip(flat[::2], flat[1::2], strict=True):
        target[check_key(key)] = value


def collect(target: Any, values: list[Any]) -> None:
    """Put values into a set."""
    if not isinstance(target, set):
        raise TypeError("not a set")
    target.update(check_key(value) for value in values)
