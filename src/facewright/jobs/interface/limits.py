"""How large files may be that somebody sends."""

from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """How large pictures, clips and archives may be once they are unpacked."""

    pixels: int = 50_000_000
    """Of one picture."""
    clip_pixels: int = 3840 * 2160
    """Of one frame of a clip."""
    clip_seconds: float = 600
    unpacked_bytes: int = 2048 * _MIB
    """Of all that is in an archive."""
    members: int = 20_000
    """Files in an archive."""
