"""Write files whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import sys
import time
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

HINT = "check the path, its permissions and the space there"
"""Hint of errors for files that cannot be written."""

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
"""File extensions of archives that are read."""

_UNFINISHED = re.compile(
    r"\..+\.(?P<process>\d+)\.(?P<machine>[0-9a-f]{4})?[0-9a-f]{8}\.part", re.DOTALL
)
_ABANDONED = 86_400  # seconds after which nobody on another machine is still writing
_PAUSE = 0.01  # seconds between two looks at a lock
_writing: set[str] = set()  # names of what this process is writing
_cleaned: set[Path] = set()  # folders in which this process has looked for leftovers


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive, by its name."""
    return path.name.lower().endswith(ARCHIVE_ENDINGS)


LONGEST_NAME = 224
"""Bytes that the name of a result has at most: file systems take 255, and some names get longer."""

_LONGEST_UNFINISHED = 200  # bytes of a name that are repeated in that of the unfinished file
_TAIL = re.compile(r"(\.\d{1,6})?(\.[^.]{1,16})?", re.ASCII)  # a number, and the ending
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)", re.IGNORECASE)


class Placeholder(NamedTuple):
    """What a host sent instead of a file."""

    name: str
    hint: str


_PAGE = Placeholder(
    "a web page",
    "download the file itself: open the address in a browser, and confirm what the page asks",
)
_POINTER = Placeholder(
    "a pointer of Git LFS", "run `git lfs pull` where it lies, or download the file itself"
)
_PLACEHOLDERS = {
    b"version https://git-lfs": _POINTER,
    b"<!doctype html": _PAGE,
    b"<html": _PAGE,
    b"<head": _PAGE,
    b"<body": _PAGE,
    b"<!--": _PAGE,
    b"<?xml": _PAGE,
}


def find_placeholder(data: bytes) -> Placeholder | None:
    """Recognise what hosts send instead of a file: a web page, or a pointer of Git LFS.

    Args:
        data: At least the first 64 bytes of the file.

    Returns:
        Its name and a hint; None for anything else.

    >>> find_placeholder(b"<!DOCTYPE html><title>Too large to scan").name
    'a web page'
    """
    begin = data.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((one for start, one in _PLACEHOLDERS.items() if begin.startswith(start)), None)


def decode_letters(data: bytes, fallback: str) -> str:
    r"""Decode a text or name of unknown code page that is not UTF-8.

    Args:
        data: All of it.
        fallback: The code page of texts that are not Korean.

    Returns:
        The text in Korean (code page 949), if most of its characters beyond ASCII are then
        syllables in use (KS X 1001); otherwise in the other code page.

    >>> decode_letters("가.jpg".encode("cp949"), "cp437"), decode_letters(b"Z\x89.jpg", "cp437")
    ('가.jpg', 'Zë.jpg')
    """
    with contextlib.suppress(UnicodeDecodeError):
        text = data.decode("cp949")
        letters = [letter for letter in text if not letter.isascii()]
        usual = text.encode("euc_kr", "ignore").decode("euc_kr")
        if 2 * sum("가" <= letter <= "힣" for letter in usual) > len(letters):
            return text
    return data.decode(fallback, "replace")


def fit_name(name: str, *, longest: int = LONGEST_NAME) -> str:
    """Return a file name that is valid on every system, changed as little as possible.

    Equal names stay equal, and different ones different: what is cut off is replaced by the
    beginning of a hash of all of it.

    Args:
        name: Of a file or folder, without a path.
        longest: Most bytes of UTF-8.

    Returns:
        The name; shorter if it is too long, with a `_` behind the name of a device of Windows, and
        without dots that would hide it.

    >>> fit_name("me.jpg"), fit_name("aux.png"), fit_name(".me.jpg")
    ('me.jpg', 'aux_.png', 'me.jpg')
    """
    name = name.lstrip(".") or "_"
    stem, dot, rest = name.partition(".")
    if _DEVICES.fullmatch(stem.strip()):
        name = f"{stem}_{dot}{rest}"
    if len(_encode(name)) <= longest:
        return name
    ends = (found for at in range(len(name)) if (found := _TAIL.fullmatch(name, at)))
    tail = f"~{hashlib.sha256(_encode(name)).hexdigest()[:10]}{next(ends, [''])[0]}"
    return _cut(name, longest - len(_encode(tail))) + tail


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new file to write, and put it in place of `path` once it is on the disk.

    Whenever the process or the machine stops, `path` is as it was before or complete. The new file
    is hidden, lies in the same folder, and is gone when the block ends with an error. It ends up
    with the rights that any new file gets, even if the block puts another one in its place. The
    first call for a folder deletes what killed processes left there.

    Args:
        path: Where the file belongs; missing folders are made.

    Yields:
        An empty file to write.

    Raises:
        OSError: The file cannot be written. Callers convert it.

    Example:
        ```python
        with replacing(path) as unfinished:
            unfinished.write_bytes(data)
        ```
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name = _cut(path.name, _LONGEST_UNFINISHED)
    chosen = f"{_name_machine()}{os.urandom(4).hex()}"
    unfinished = path.with_name(f".{name}.{os.getpid()}.{chosen}.part")
    _writing.add(unfinished.name)
    if path.parent not in _cleaned:
        _cleaned.add(path.parent)
        delete_leftovers(path.parent)
    try:
        with unfinished.open("xb") as file:
            rights = os.fstat(file.fileno()).st_mode
        yield unfinished
        unfinished.chmod(rights)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
        _flush_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):  # it took its place, or never came to be
            unfinished.unlink()
        _writing.discard(unfinished.name)


def lock_file(handle: int) -> bool:
    """Take the lock of an open file; the system gives it back when the file is closed.

    Args:
        handle: The number of the open file.

    Returns:
        Whether the lock was free; always True where the system or the file system has no locks.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # such as a network file system without locks
        return True
    return True


@contextlib.contextmanager
def locked(path: Path, *, patience: float = 60.0) -> Iterator[None]:
    """Hold the lock of a file while a block runs, and wait for whoever has it.

    Args:
        path: The file, made if missing; only its lock counts.
        patience: Seconds to wait at most.

    Yields:
        Nothing.

    Raises:
        OSError: The file cannot be written; TimeoutError where another process keeps the lock.
    """
    end = time.monotonic() + patience
    with path.open("a") as file:
        while not lock_file(file.fileno()):
            if time.monotonic() > end:
                raise TimeoutError(f"another run has held it for {patience:g} s")
            time.sleep(_PAUSE)
        yield


def delete_leftovers(folder: Path, pattern: str = "*") -> None:
    """Delete the unfinished files of writers that were killed.

    What a living process may still be writing stays: one of this machine, or of another one that
    shares the folder and has written within a day.

    Args:
        folder: The folder; its subfolders are left alone.
        pattern: Glob for the names of the finished files, such as "checkpoint-*.safetensors".
    """
    for path in folder.glob(f".{pattern}.*.part"):
        named = _UNFINISHED.fullmatch(path.name)
        if named is None or path.name in _writing:
            continue
        with contextlib.suppress(OSError):  # another process was faster, or holds it open
            if named["machine"] in (None, _name_machine()):
                wanted = _lives(int(named["process"]))
            else:
                wanted = time.time() - path.stat().st_mtime < _ABANDONED
            if not wanted:
                path.unlink()


@cache
def _name_machine() -> str:
    """Return what tells this machine from others that share a folder: four hexadecimal digits."""
    return f"{zlib.crc32(platform.node().encode()) & 0xFFFF:04x}"


def _encode(name: str) -> bytes:
    """Return the bytes of a name, also of one that is no text."""
    return name.encode("utf-8", "surrogateescape")


def _cut(name: str, longest: int) -> str:
    """Return the beginning of a name, of so many bytes at most, without half a letter."""
    data = _encode(name)
    return name if len(data) <= longest else data[:longest].decode("utf-8", "ignore")


def _lives(process: int) -> bool:
    """Return whether another process with a number is there."""
    if sys.platform == "win32" or process == os.getpid():
        return False  # Windows keeps files that are open; what this one writes is known
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
