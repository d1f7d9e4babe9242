"""Process that draws faces, so that PyTorch does not block the server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from facewright import errors
from facewright.errors import FacewrightError, OptionError
from facewright.jobs.interface.people import FaceChoice
from facewright.jobs.interface.signature import explain
from facewright.studio.processes.start import end_imports, start_process
from facewright.types import Json

if TYPE_CHECKING:
    from facewright.jobs.interface.seeds import FaceGallery

_ATTEMPTS = 2  # a process that the kernel ended is started again


class Painter:
    """A `FaceGallery` in a process of its own. Safe to call from several threads."""

    def __init__(self, weights: str | None = None) -> None:
        """Start the process, which loads the networks of most faces."""
        self._weights, self._lock, self._closed = weights, threading.Lock(), False
        self._known: dict[str, Any] = {}
        self._process = self._start()

    def render(self, choice: FaceChoice) -> bytes:
        """Return a face as a signed WebP; see `FaceGallery.render`."""
        return bytes(self._ask("render", asdict(choice)))

    def render_mix(self, a: FaceChoice, b: FaceChoice, layers: str) -> bytes:
        """Return a mix of two faces as a signed WebP; see `FaceGallery.mix`."""
        return bytes(self._ask("render_mix", asdict(a), asdict(b), layers))

    def list_options(self) -> dict[str, Json]:
        """Return the labels and the resolution of the generator; see `FaceGallery.list_options`."""
        return dict(self._look_up("list_options"))

    def list_devices(self) -> list[str]:
        """Return the devices of this machine, the best first."""
        return list(self._look_up("list_devices"))

    def list_layers(self) -> dict[str, Json]:
        """Return the number of layers and their ranges; see `FaceGallery.list_layers`."""
        return dict(self._look_up("list_layers"))

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._end()

    def _look_up(self, method: str, *given: Json) -> Any:
        """Call a method of the gallery whose result is constant, and cache it."""
        key = json.dumps([method, *given])
        if key not in self._known:
            self._known[key] = self._ask(method, *given)
        return self._known[key]

    def _ask(self, method: str, *given: Any) -> Any:
        """Call a method of the gallery in the process; restart the process if it has ended.

        Raises:
            FacewrightError: The gallery raised it, or the process ended `_ATTEMPTS` times.
        """
        with self._lock:
            for attempt in range(_ATTEMPTS):
                if attempt and not self._closed:
                    self._end()
                    self._process = self._start()
                with contextlib.suppress(OSError, ValueError):
                    questions, answers = self._find_pipes()
                    questions.write(json.dumps([method, *given]).encode() + b"\n")
                    questions.flush()
                    said = json.loads(answers.readline())
                    data = answers.read(said["bytes"])
                    break
            else:
                hint = "there may be too little memory"
                raise FacewrightError("the process that draws faces has ended", hint=hint)
        if said["error"]:
            kind, message, hint, field = said["error"]
            known = OptionError(message, field, hint=hint) if field else None
            raise known or getattr(errors, kind)(message, hint=hint)
        return data or said["value"]

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process."""
        pipe = subprocess.PIPE
        return start_process("painter", "paint", self._weights or "", stdin=pipe, stdout=pipe)

    def _end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            for pipe in self._find_pipes():
                pipe.close()

    def _find_pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Return the standard input and output of the process."""
        ask, answer = self._process.stdin, self._process.stdout
        assert ask is not None  # noqa: S101 - for the type checker
        assert answer is not None  # noqa: S101 - likewise
        return ask, answer


def paint(weights: str) -> None:
    """Entry point of the process: serve calls until the standard input is closed.

    A call is a line of JSON, [method, argument, ...]; its answer is a line of JSON followed by
    "bytes" bytes.

    Args:
        weights: Generator by name or file; empty for the one that ships.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this one
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what others print is no answer
    from facewright.device import keep_memory
    from facewright.jobs.interface.seeds import FaceGallery

    keep_memory()
    gallery = FaceGallery(weights or None)
    with contextlib.suppress(FacewrightError):  # who asks for a face gets the error
        gallery.prepare()
    end_imports()
    with contextlib.suppress(OSError):
        for line in sys.stdin.buffer:
            said, data = _answer(gallery, *json.loads(line))
            answers.write(json.dumps(said).encode() + b"\n" + data)
            answers.flush()


def _answer(gallery: FaceGallery, method: str, *given: Any) -> tuple[dict[str, Any], bytes]:
    """Call a method of the gallery; return the line of the answer, and the bytes that follow."""
    try:
        if method == "render":
            value: object = gallery.render(FaceChoice(**given[0]))
        elif method == "render_mix":
            a, b, layers = given
            value = gallery.render_mix(FaceChoice(**a), FaceChoice(**b), layers)
        else:
            value = getattr(gallery, method)(*given)
    except FacewrightError as error:
        return {"error": [type(error).__name__, *explain(error)], "bytes": 0}, b""
    data = value if isinstance(value, bytes) else b""
    return {"error": None, "value": None if data else value, "bytes": len(data)}, data
