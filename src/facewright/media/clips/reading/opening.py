"""Open the container of a clip, by its bytes and never by its name."""

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
"""What is raised on damaged files; the last is what a stream without a codec raises."""

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
        path: The file, whatever it is called.

    Returns:
        What it contains, to be closed by the caller.

    Raises:
        OSError: It cannot be read, or is none that can be; `av.FFmpegError` likewise.
    """
    with path.open("rb") as file:
        found = identify(file.read(HEAD_BYTES))
    form = _DEMUXERS.get(found.name) if found else None
    return av.open(str(path.resolve()), "r", form, options=_SAFE, metadata_errors="replace")


def find_pictures(source: InputContainer, path: Path) -> VideoStream:
    """Return the stream that moves; the cover of a song does not.

    Args:
        source: What a file contains.
        path: The file, to name it.

    Raises:
        FileError: There is none.
    """
    cover = av.stream.Disposition.attached_pic
    for stream in source.streams.video:
        if not stream.disposition & cover:
            return stream
    only = ", only sound" if source.streams.audio else ""
    raise FileError(f"{path} has no pictures in it{only}", hint="name a clip that shows something")
