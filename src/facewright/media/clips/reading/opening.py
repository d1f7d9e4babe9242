"""Open the container of a clip, identified by its bytes, not its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import av

from facewright.errors import FileError
from facewright.media.formats import HEAD_BYTES, identify

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video import VideoStream

DAMAGE = (av.FFmpegError, OSError, ValueError, ArithmeticError, AttributeError)
"""Exceptions on damaged files; the last is raised by a stream without a codec."""

_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,ogg,flv,asf,mxf"
_SOUND_ONLY = "mp3,aac,wav,flac,aiff"  # opened to say what is wrong with them
_SAFE = {  # no playlists, no network
    "protocol_whitelist": "file",
    "format_whitelist": f"{_CONTAINERS},{_SOUND_ONLY}",
}
_DEMUXERS = {
    "MPEG transport stream": "mpegts",
    "MPEG program stream": "mpeg",
    "MPEG video": "mpegvideo",
}  # where names mislead: elsewhere, the bytes are clear enough


def open_container(path: Path) -> InputContainer:
    """Open a clip or song.

    Args:
        path: The file, of any name.

    Returns:
        The open container, to be closed by the caller.

    Raises:
        OSError: It cannot be read, or is of an unknown format; or `av.FFmpegError`.
    """
    with path.open("rb") as file:
        found = identify(file.read(HEAD_BYTES))
    form = _DEMUXERS.get(found.name) if found else None
    return av.open(str(path.resolve()), "r", form, options=_SAFE, metadata_errors="replace")


def find_pictures(source: InputContainer, path: Path) -> VideoStream:
    """Return the video stream; the cover picture of a song is none.

    Args:
        source: The open file.
        path: Its path, for messages.

    Raises:
        FileError: There is none.
    """
    cover = av.stream.Disposition.attached_pic
    for stream in source.streams.video:
        if not stream.disposition & cover:
            return stream
    only = ", only sound" if source.streams.audio else ""
    raise FileError(f"{path} has no pictures in it{only}", hint="name a clip that shows something")
