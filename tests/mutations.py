"""Change valid files the way that accidents and attackers do, and see what readers make of them."""

import time
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.errors import FacewrightError

LONGEST = 10  # seconds of the processor for one small file, however busy the machine is
_TOKENS = [
    *(bytes(8), b"\xff" * 4, b"\x7f" + b"\xff" * 3, b"\x80\0\0\0", b"\0\0\0\1", b"\xc3\x28", b".."),
    *(b"9" * 20, b"-1", b"1e999", b"NaN", b"null", b"true", b'"\\ud800"', b"[" * 50, b"{}", b"\\"),
    *(b'"', b",", b"\n", b"\r", b"<", b">", b"/", b"http://127.0.0.1:9/x.png"),
]
_EDITS = {
    "flip": lambda part, value, _: bytes(x ^ 1 << value % 8 for x in part[:1]) + part[1:],
    "set": lambda part, value, _: bytes([value]) + part[1:],
    "cut": lambda _part, _value, _: b"",
    "insert": lambda part, value, _: _TOKENS[value % len(_TOKENS)] + part,
    "overwrite": lambda _part, value, _: _TOKENS[value % len(_TOKENS)],
    "repeat": lambda part, value, _: part * (2 + value % 20),
    "splice": lambda part, value, other: other[value * len(other) // 256 :][: len(part)],
}
"""What is changed → what becomes of some bytes, given a number and another file."""

MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from([*_EDITS, "end"]),
        st.floats(0, 1),  # where
        st.sampled_from([1, 2, 4, 8, 32, 256]),  # how many bytes
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=6,
)
"""Edits, one after the other."""


def mutate(data, edits, other=b""):
    """Apply edits to some bytes; `other` is what parts are spliced from."""
    for kind, where, count, value in edits:
        place = int(where * len(data))
        before, part, after = data[:place], data[place : place + count], data[place + count :]
        data = before if kind == "end" else before + _EDITS[kind](part, value, other) + after
    return data


def assert_survived(
    read: Callable[[bytes], object], data: bytes, *, examples: int, other: bytes = b""
) -> None:
    """Assert that a reader takes changed files or refuses them in words, and soon.

    Warnings are errors here, and so are all exceptions but those of the package.
    """

    @settings(max_examples=examples, deadline=None)
    @given(MUTATIONS)
    def check(edits):
        start, said = time.process_time(), "nothing"
        try:
            read(mutate(data, edits, other))
        except FacewrightError as error:
            said = str(error).strip()
        assert said
        assert time.process_time() - start < LONGEST

    read(data)
    check()
