"""Say of any file who signed it, whether it was altered since, and whether it is marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facewright.errors import FileError
from facewright.provenance.credentials import Credentials, read_credentials
from facewright.provenance.publish import read_manifest


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one file."""

    path: Path
    credentials: Credentials
    claims: str = ""
    """The command that an unsigned note in the file names; anybody can write such a note."""

    @property
    def sound(self) -> bool:
        """Whether somebody trusted signed the file, and it is what was signed."""
        return self.credentials.trusted and bool(self.credentials.unaltered)


@dataclass(frozen=True, slots=True)
class Verified:
    """What is known about several files."""

    files: tuple[Verdict, ...]

    @property
    def failed(self) -> bool:
        """Whether a file is not signed by somebody trusted, or was altered."""
        return not all(verdict.sound for verdict in self.files)


def verify_files(files: list[Path], /) -> Verified:
    """Say of files who signed them, whether they were altered since, and whether they are marked.

    Args:
        files: Pictures and clips, whoever made them.

    Raises:
        FileError: One cannot be read.
    """
    return Verified(tuple(verify_file(path) for path in files))


def verify_file(path: Path) -> Verdict:
    """Say of a file who signed it, whether it was altered since, and whether it is marked.

    Args:
        path: A picture or clip, whoever made it.

    Raises:
        FileError: It cannot be read.
    """
    credentials = read_credentials(path)
    return Verdict(path, credentials, "" if credentials.manifest else _read_note(path))


def _read_note(path: Path) -> str:
    """Return the command that an unsigned manifest in a file names, if there is one."""
    try:
        return read_manifest(path).task
    except FileError:
        return ""
