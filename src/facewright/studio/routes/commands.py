"""Routes of commands: their forms, command lines, and facts of the studio."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from facewright.jobs.interface.forms import list_forms, read_form
from facewright.jobs.interface.signature import find_command
from facewright.studio.errors import Refused
from facewright.studio.intake import describe_call
from facewright.studio.routes.schemas import About, Call, CallRequest, CommandForm
from facewright.version import __version__

if TYPE_CHECKING:
    from fastapi import APIRouter

    from facewright.studio.processes.engine import Engine


def add_commands(router: APIRouter, engine: Engine) -> None:
    """Add the routes."""

    @router.get("/commands", response_model=list[CommandForm], tags=["commands"])
    def list_commands() -> list[dict[str, Any]]:
        """List all commands with their inputs and options."""
        return [asdict(form) for form in list_forms()]

    @router.post("/commands/{name}/call", response_model=Call, tags=["commands"])
    def write_call(name: str, request: CallRequest) -> dict[str, str]:
        """Return the command line and the Python that do the same."""
        command = find_command(name)
        if command is None:
            raise Refused(404, f"there is no command `{name}`", hint="see /api/v1/commands")
        options: Any = request.options
        line, python = describe_call(command, read_form(command), dict(options), request.inputs)
        return {"command_line": line, "python": python}

    @router.get("/about", response_model=About, tags=["commands"])
    def tell_about() -> dict[str, Any]:
        """Say what this studio is, and how much it takes."""
        limits = engine.settings.limits
        return {
            "version": __version__,
            "languages": ["en", "ko"],
            "limits": {
                "upload_bytes": limits.upload_bytes,
                "files": limits.files,
                "pixels": limits.media.pixels,
                "clip_seconds": limits.media.clip_seconds,
                "jobs": limits.jobs,
                "upload_days": limits.upload_days,
                "live": limits.live,
            },
            "devices": (engine.painter or engine.gallery).list_devices(),
            "lan": engine.settings.token is not None,
            "consent": {"self": "self", "generated": "generated"},
        }
