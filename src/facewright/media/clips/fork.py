"""Write a clip in the background while its frames are used elsewhere."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import Empty, Full, Queue

from facewright.media.clips.timing import hand_out
from facewright.types import Clip, Image

_WAITING = 4  # frames that may wait for the writer; whoever brings more waits for it
_PATIENCE = 0.2  # seconds between two looks at whether the other side still lives


class _BrokenError(Exception):
    """Raised in the writer of the copy when the main consumer failed."""


@contextlib.contextmanager
def fork_clip(clip: Clip, write: Callable[[Clip], object]) -> Iterator[Clip]:
    """Duplicate a clip: its frames are also written in the background as they are read.

    Args:
        clip: The clip; its frames are consumed.
        write: Writes a copy of the clip, in a thread of its own. The copy ends with the last frame
            that was read.

    Yields:
        The clip, to be consumed inside the `with`; an error there is raised in `write` too, so that
        it leaves no file.

    Raises:
        Exception: Whatever `write` raised.
    """
    fork = _Fork(clip, write)
    try:
        yield replace(clip, frames=fork.read(), times=clip.times and hand_out(fork.times))
    except BaseException:
        fork.end(whole=False)
        raise
    fork.end(whole=True)
    if fork.failure is not None:
        raise fork.failure


class _Fork:
    """A thread that writes, and its queue of frames."""

    def __init__(self, clip: Clip, write: Callable[[Clip], object]) -> None:
        self.failure: BaseException | None = None
        self.times: deque[int] = deque()
        self._clip, self._write, self._whole = clip, write, True
        self._waiting: Queue[Image] = Queue(_WAITING)
        self._later: deque[int] = deque()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fork", daemon=True)
        self._thread.start()

    def read(self) -> Iterator[Image]:
        """Yield the frames, each after passing it to the writer."""
        for image in self._clip.frames:
            if self._clip.times is not None:
                time = next(self._clip.times)
                self.times.append(time)
                self._later.append(time)
            self._hand_over(image)
            if self.failure is not None:
                raise self.failure
            yield image

    def end(self, *, whole: bool) -> None:
        """Wait until the copy is written, or abandoned if `whole` is False."""
        self._whole = whole
        self._over.set()
        self._thread.join()

    def _hand_over(self, image: Image) -> None:
        """Pass a frame to the writer as long as it runs."""
        while self._thread.is_alive():
            with contextlib.suppress(Full):
                self._waiting.put(image, timeout=_PATIENCE)
                return

    def _run(self) -> None:
        """Write the copy."""
        times = None if self._clip.times is None else hand_out(self._later)
        try:
            self._write(replace(self._clip, frames=self._take(), times=times))
        except _BrokenError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised where the frames are read
            self.failure = error

    def _take(self) -> Iterator[Image]:
        """Yield the frames of the copy."""
        while not (self._over.is_set() and self._waiting.empty()):
            with contextlib.suppress(Empty):
                yield self._waiting.get(timeout=_PATIENCE)
        if not self._whole:
            raise _BrokenError
