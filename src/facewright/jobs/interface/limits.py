"""Limits for uploaded files."""

from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Limits for decoded pictures, clips and archives."""

    pixels: int = 50_000_000
    """Pixels of one picture."""
    clip_pixels: int = 3840 * 2160
    """Pixels of one frame of a clip."""
    clip_seconds: float = 600
    unpacked_bytes: int = 2048 * _MIB
    """Total bytes of the members of an archive."""
    members: int = 20_000
    """Number of files in an archive."""
