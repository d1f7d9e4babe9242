"""WebSocket of the live view: JPEG frames in, changed frames and measurements out."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from facewright.errors import FacewrightError, OptionError
from facewright.jobs.interface.people import read_choice
from facewright.jobs.interface.signature import explain

if TYPE_CHECKING:
    from facewright.jobs.interface.live import LiveEffect
    from facewright.studio.processes.engine import Engine

_PATIENCE = 30.0  # seconds without a frame, after which a session ends
_POLICY, _BUSY = 1008, 1013


def add_live(router: APIRouter, engine: Engine) -> None:
    """Add the WebSocket."""
    running: set[WebSocket] = set()

    @router.websocket("/live/{effect}")
    async def show_live(socket: WebSocket, effect: str) -> None:
        """Take what to do as JSON, then frames; answer each with a frame and with what is in it."""
        await socket.accept()
        if len(running) >= engine.settings.limits.live:
            await _refuse(socket, _BUSY, f"{len(running)} live sessions are open already")
            return
        running.add(socket)
        try:
            async with asyncio.timeout(_PATIENCE):
                wanted = _read_wish(await socket.receive_text())
            made = await asyncio.to_thread(_begin, effect, wanted, engine)
            await socket.send_json({"ready": True})
            await _answer_frames(socket, made)
        except WebSocketDisconnect:
            pass
        except TimeoutError:
            await _refuse(socket, _POLICY, "no frame came", "start again")
        except (FacewrightError, KeyError) as error:
            message, hint, field = explain(error)
            await _refuse(socket, _POLICY, message or "binary frames are wanted", hint, field)
        finally:
            running.discard(socket)


async def _answer_frames(socket: WebSocket, made: LiveEffect) -> None:
    """Answer each frame with a frame and JSON, until the client disconnects."""
    while True:
        async with asyncio.timeout(_PATIENCE):
            frame = await socket.receive_bytes()
        shown = await asyncio.to_thread(made.step, frame)
        await socket.send_bytes(shown.data)
        await socket.send_json(
            {
                "faces": shown.faces,
                "expressions": shown.expressions,
                "ms": round(shown.milliseconds, 1),
            }
        )


def _begin(effect: str, wanted: dict[str, Any], engine: Engine) -> LiveEffect:
    """Open an effect."""
    from facewright.jobs.interface.live import open_live

    face, consent = wanted.get("face"), wanted.get("consent")
    drawn = engine.gallery.draw(read_choice(face, "face")) if isinstance(face, dict) else None
    options = dict(wanted.get("options") or {})
    consent = options.pop("consent", None) or consent
    said = consent if isinstance(consent, str) else None
    return open_live(effect, options, drawn, said)


def _read_wish(text: str) -> dict[str, Any]:
    """Parse the first message.

    Raises:
        OptionError: It is not an object with `options`.
    """
    try:
        wanted = json.loads(text)
    except ValueError as error:
        raise OptionError("the first message is JSON", "options") from error
    if not isinstance(wanted, dict) or not isinstance(wanted.get("options") or {}, dict):
        raise OptionError("the first message is an object with `options`", "options")
    return wanted


async def _refuse(
    socket: WebSocket, code: int, message: str, hint: str = "", field: str = ""
) -> None:
    """Send an error as JSON, and close the socket."""
    try:
        said = {"message": message, "hint": hint, "field": field or None}
        await socket.send_json({"error": said})
        await socket.close(code)
    except (RuntimeError, WebSocketDisconnect):  # the client is gone
        return
