"""Make untrusted text safe to print on a terminal."""

import re
import sys

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_LINES = re.compile(r"[\t\n\u2028\u2029]")


def make_printable(text: str) -> str:
    r"""Replace control characters by their codes, so that a terminal does not execute them.

    Args:
        text: Text from a file, its name or an archive.

    Returns:
        The text; tabs and line ends stay as they are.

    >>> print(make_printable("x\x1b[2J.png"))
    x\x1b[2J.png
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def make_name_printable(name: object) -> str:
    r"""Return the name of a file on one line, with control characters and line ends as codes.

    Args:
        name: A name or path.

    >>> print(make_name_printable("one\ntwo.png"))
    one\ntwo.png
    """
    return _LINES.sub(lambda found: ascii(found[0])[1:-1], make_printable(str(name)))


def survive_letters() -> None:
    """Print characters that the output cannot encode as codes, instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
