"""Keep what files say from steering the terminal."""

import re
import sys

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_LINES = re.compile(r"[\t\n\u2028\u2029]")


def make_printable(text: str) -> str:
    r"""Write control characters as their codes, so that a terminal shows instead of obeying them.

    Args:
        text: What a file, its name or an archive says.

    Returns:
        The text; tabs and ends of lines are left as they are.

    >>> print(make_printable("x\x1b[2J.png"))
    x\x1b[2J.png
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def make_name_printable(name: object) -> str:
    r"""Write the name of a file on one line, whatever is in it.

    Args:
        name: A name or path.

    >>> print(make_name_printable("one\ntwo.png"))
    one\ntwo.png
    """
    return _LINES.sub(lambda found: ascii(found[0])[1:-1], make_printable(str(name)))


def survive_letters() -> None:
    """Let letters that the output cannot hold be written as codes rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
