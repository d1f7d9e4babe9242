"""Convert exceptions to HTTP responses of one JSON schema."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from facewright.errors import FacewrightError, WeightsError
from facewright.jobs.interface.signature import explain

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.responses import JSONResponse

_log = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818 - it is an answer
    """A request is refused.

    Attributes:
        status: HTTP status code.
        hint: Advice for the user; may be empty.
        field: Name of the input or option concerned; may be empty.
    """

    def __init__(self, status: int, message: str, *, hint: str = "", field: str = "") -> None:
        super().__init__(message)
        self.status, self.hint, self.field = status, hint, field


def answer(status: int, message: str, hint: str = "", field: str = "") -> JSONResponse:
    """Return the JSON response of an error, as `schemas.Wrong` describes it."""
    from starlette.responses import JSONResponse

    said = {"message": message, "hint": hint, "field": field or None}
    headers = {"Retry-After": "5"} if status in (429, 503) else {}
    return JSONResponse({"error": said}, status, headers=headers)


def handle_errors(app: FastAPI) -> None:
    """Register handlers for all exceptions; unexpected ones are logged and give a bare 500."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    async def refuse(_: Any, error: Any) -> JSONResponse:
        return answer(error.status, str(error), error.hint, error.field)

    async def explain_own(_: Any, error: Any) -> JSONResponse:
        message, hint, field = explain(error)
        return answer(404 if isinstance(error, WeightsError) else 422, message, hint, field)

    async def explain_http(_: Any, error: Any) -> JSONResponse:
        hints = {404: "the address is wrong, or what was there is deleted"}
        said = answer(error.status_code, str(error.detail), hints.get(error.status_code, ""))
        said.headers.update(error.headers or {})
        return said

    async def explain_invalid(_: Any, error: Any) -> JSONResponse:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        return answer(422, f"`{name}`: {first['msg']}", "see /api/v1/openapi.json", name)

    app.add_exception_handler(Refused, refuse)
    app.add_exception_handler(FacewrightError, explain_own)
    app.add_exception_handler(HTTPException, explain_http)
    app.add_exception_handler(RequestValidationError, explain_invalid)
