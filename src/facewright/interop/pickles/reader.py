"""Read pickles as data: an interpreter that builds records, and calls and imports nothing.

A pickle is a program for a small stack machine. Python's own interpreter imports and calls what the
program names; this one records names and calls. Its result consists of plain values and the three
classes of `inert`, whatever the pickle contains.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from facewright.errors import WeightsError
from facewright.interop.pickles.inert import Name, Record, Reference
from facewright.interop.pickles.machine import Machine, collect, extend, fill

MOST_STEPS = 1_000_000
"""Most instructions of a pickle. A network takes about 50,000; one may cost 300 bytes of memory."""

_PROTOCOL = 5
_LONGEST_INTEGER = 1024  # bytes
_WRONG = (LookupError, TypeError, ValueError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True)
class Unpickled:
    """The content of a pickle."""

    value: Any
    """The object."""
    end: int
    """Offset of the end of the pickle in the data."""
    references: list[Reference]
    """Its references to outside data, in order."""


def read_pickle(data: bytes, start: int = 0) -> Unpickled:
    """Read one pickle of any protocol up to 5.

    Args:
        data: Bytes that contain a pickle.
        start: Offset of the pickle in them.

    Returns:
        Its value: None, numbers, strings, bytes, lists, tuples, dictionaries and sets of these, and
        of `Name`, `Record` and `Reference`. It may contain itself.

    Raises:
        WeightsError: It is damaged, truncated or not a pickle, or takes more than a network needs.
    """
    machine = Machine(data, start)
    try:
        value = _run(machine)
    except _WRONG as error:
        raise WeightsError(
            f"the pickle is damaged at byte {machine.at}: {type(error).__name__}",
            hint="copy or fetch the file again",
        ) from error
    return Unpickled(value, machine.at, machine.references)


def _run(m: Machine) -> Any:
    """Execute the instructions, and return the final value."""
    for _ in range(MOST_STEPS):
        code = m.data[m.at]
        m.at += 1
        if code == _STOP:
            return m.stack.pop()
        _STEPS[code](m)
    raise WeightsError(f"the pickle takes more than {MOST_STEPS:,} steps: no network does")


def _text_integer(line: bytes) -> int | bool:
    """Read an integer as protocol 0 writes it; two of them are booleans."""
    if line in (b"00", b"01"):
        return line == b"01"
    return int(line.rstrip(b"L"))


def _long(size: int, m: Machine) -> int:
    """Read an integer of any length, within reason."""
    if not 0 <= size <= _LONGEST_INTEGER:
        raise ValueError("too long an integer")
    return int.from_bytes(m.take(size), "little", signed=True)


def _quoted(line: bytes) -> str:
    """Read a string of Python 2 as protocol 0 writes it."""
    raw: Any = codecs.escape_decode(line[1:-1])[0]
    return bytes(raw).decode("latin-1")


def _build(m: Machine) -> None:
    """Note the state of an object."""
    target, state = m.stack[-2], m.stack.pop()
    if not isinstance(target, Record):
        raise TypeError("no object")
    target.state = state


def _refer(m: Machine, key: Any) -> Reference:
    """Note something outside."""
    reference = Reference(key)
    m.references.append(reference)
    return reference


def _check_protocol(m: Machine) -> None:
    """Refuse pickles of later protocols."""
    if m.number("<B") > _PROTOCOL:
        raise ValueError("unknown protocol")


def _instance(m: Machine) -> Record:
    """Note an object of protocol 0, whose class is named in lines."""
    name = _named(m)
    return Record(name, tuple(m.marked()))


def _object(m: Machine) -> Record:
    """Note an object of protocol 1, whose class is the first of what it is made from."""
    maker, *arguments = m.marked()
    return Record(maker, tuple(arguments))


def _named(m: Machine) -> Name:
    """Read a name from two lines."""
    return Name(m.line().decode(), m.line().decode())


def _name_from_stack(m: Machine) -> Name:
    """Take a name from the stack."""
    module, name = m.pop(2)
    if not (isinstance(module, str) and isinstance(name, str)):
        raise TypeError("not a name")
    return Name(module, name)


def _made_with_names(m: Machine) -> Record:
    """Note an object that is made from named arguments too."""
    maker, arguments, named = m.pop(3)
    return Record(maker, arguments, pairs={"": named})


def _dictionary(m: Machine) -> dict[Any, Any]:
    """Make a dictionary of keys and values since the last mark."""
    made: dict[Any, Any] = {}
    fill(made, m.marked())
    return made


def _set_of(values: list[Any]) -> set[Any]:
    """Make a set."""
    made: set[Any] = set()
    collect(made, values)
    return made


def _append(m: Machine) -> None:
    """Append a value to what is below it."""
    value = m.stack.pop()
    extend(m.stack[-1], [value])


def _append_all(m: Machine) -> None:
    """Append everything since the last mark to what is below the mark."""
    values = m.marked()
    extend(m.stack[-1], values)


def _put(m: Machine) -> None:
    """Put a key and a value into what is below them."""
    pair = m.pop(2)
    fill(m.stack[-1], pair)


def _put_all(m: Machine) -> None:
    """Put keys and values since the last mark into what is below the mark."""
    flat = m.marked()
    fill(m.stack[-1], flat)


def _add_all(m: Machine) -> None:
    """Put everything since the last mark into the set below the mark."""
    values = m.marked()
    collect(m.stack[-1], values)


def _memorise(m: Machine, place: int) -> None:
    """Remember the top of the stack by number."""
    m.memo[place] = m.stack[-1]


def _push(make: Callable[[Machine], Any]) -> Callable[[Machine], object]:
    """Return the step that puts what `make` returns on the stack."""
    return lambda m: m.stack.append(make(m))


_STOP = ord(".")
_VALUES: dict[bytes, Callable[[Machine], Any]] = {
    b"N": lambda _: None,
    b"\x88": lambda _: True,
    b"\x89": lambda _: False,
    b"]": lambda _: [],
    b"}": lambda _: {},
    b")": lambda _: (),
    b"\x8f": lambda _: set(),
    b"J": lambda m: m.number("<i"),
    b"K": lambda m: m.number("<B"),
    b"M": lambda m: m.number("<H"),
    b"G": lambda m: m.number(">d"),
    b"I": lambda m: _text_integer(m.line()),
    b"L": lambda m: _text_integer(m.line()),
    b"F": lambda m: float(m.line()),
    b"\x8a": lambda m: _long(m.number("<B"), m),
    b"\x8b": lambda m: _long(m.number("<i"), m),
    b"X": lambda m: m.sized("<I").decode("utf-8", "surrogatepass"),
    b"\x8c": lambda m: m.sized("<B").decode("utf-8", "surrogatepass"),
    b"\x8d": lambda m: m.sized("<Q").decode("utf-8", "surrogatepass"),
    b"V": lambda m: m.line().decode("raw-unicode-escape"),
    b"S": lambda m: _quoted(m.line()),
    b"T": lambda m: m.sized("<i").decode("latin-1"),
    b"U": lambda m: m.sized("<B").decode("latin-1"),
    b"B": lambda m: m.sized("<I"),
    b"C": lambda m: m.sized("<B"),
    b"\x8e": lambda m: m.sized("<Q"),
    b"\x96": lambda m: m.sized("<Q"),
    b"t": lambda m: tuple(m.marked()),
    b"\x85": lambda m: tuple(m.pop(1)),
    b"\x86": lambda m: tuple(m.pop(2)),
    b"\x87": lambda m: tuple(m.pop(3)),
    b"l": lambda m: m.marked(),
    b"2": lambda m: m.stack[-1],
    b"g": lambda m: m.memo[int(m.line())],
    b"h": lambda m: m.memo[m.number("<B")],
    b"j": lambda m: m.memo[m.number("<I")],
    b"d": _dictionary,
    b"\x91": lambda m: _set_of(m.marked()),
    b"c": _named,
    b"\x93": _name_from_stack,
    b"R": lambda m: Record(*m.pop(2)),
    b"\x81": lambda m: Record(*m.pop(2)),
    b"\x92": _made_with_names,
    b"i": _instance,
    b"o": _object,
    b"P": lambda m: _refer(m, m.line().decode()),
    b"Q": lambda m: _refer(m, m.stack.pop()),
}
_ACTIONS: dict[bytes, Callable[[Machine], object]] = {
    b"(": lambda m: m.marks.append(len(m.stack)),
    b"0": lambda m: m.stack.pop(),
    b"1": lambda m: m.marked(),
    b"p": lambda m: _memorise(m, int(m.line())),
    b"q": lambda m: _memorise(m, m.number("<B")),
    b"r": lambda m: _memorise(m, m.number("<I")),
    b"\x94": lambda m: _memorise(m, len(m.memo)),
    b"a": _append,
    b"e": _append_all,
    b"s": _put,
    b"u": _put_all,
    b"\x90": _add_all,
    b"b": _build,
    b"\x80": _check_protocol,
    b"\x95": lambda m: m.take(8),  # how long a frame is: all is in memory already
}
_STEPS: dict[int, Callable[[Machine], object]] = {
    **{ord(code): _push(make) for code, make in _VALUES.items()},
    **{ord(code): action for code, action in _ACTIONS.items()},
}
