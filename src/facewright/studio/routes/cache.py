"""Cache of rendered pictures in memory, and responses with ETags."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from fastapi import Response

_CACHED = 64 << 20  # bytes of pictures in memory


class PictureCache:
    """Thread-safe LRU cache of pictures with their ETags, up to `_CACHED` bytes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[bytes, str]] = OrderedDict()
        self._bytes, self._lock = 0, threading.Lock()

    def get(self, key: Hashable) -> tuple[bytes, str] | None:
        """Return a picture and its ETag; None if it is not cached."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def find(self, key: Hashable, draw: Callable[[], bytes]) -> tuple[bytes, str]:
        """Return a picture and its ETag; draw and cache it if needed."""
        if (there := self.get(key)) is not None:
            return there
        data = draw()
        kept = (data, f'"{hashlib.sha256(data).hexdigest()[:24]}"')
        with self._lock:
            if key not in self._kept:
                self._kept[key], self._bytes = kept, self._bytes + len(data)
            while self._bytes > _CACHED:
                _, (old, _) = self._kept.popitem(last=False)
                self._bytes -= len(old)
        return kept


def send_picture(data: bytes, tag: str, known: str | None) -> Response:
    """Return the response of a WebP: 304 if its ETag is in `known` (If-None-Match), else 200."""
    headers = {"ETag": tag, "Cache-Control": "private, max-age=86400"}
    if known and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)
