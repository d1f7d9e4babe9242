"""What requests and answers look like; OpenAPI is made from it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class Wrong(BaseModel):
    """What is wrong, and what to do."""

    message: str
    hint: str
    field: str | None = None


class Error(BaseModel):
    """The answer to a request that is not done."""

    error: Wrong


WRONG: dict[int | str, dict[str, Any]] = {
    status: {"model": Error} for status in (401, 403, 404, 408, 409, 413, 421, 422, 429, 507)
}
"""What any request may be answered instead."""


class InputForm(BaseModel):
    """Files, seeds or names that a command takes."""

    name: str
    help: str
    minimum: int
    maximum: int | None
    kinds: list[str]
    flag: str


class OptionForm(BaseModel):
    """One option of a command."""

    name: str
    flag: str
    type: Literal["bool", "int", "float", "text", "choice", "path", "list", "mapping"]
    choices: list[str] | None
    default: object
    minimum: float | None
    maximum: float | None
    required: bool
    optional: bool
    help: str
    group: str


class CommandForm(BaseModel):
    """One command."""

    name: str
    help: str
    group: str
    consent: Literal["ask", "record", "none"]
    asks_for: str
    inputs: list[InputForm]
    options: list[OptionForm]
    prints: str


class Progress(BaseModel):
    """How far a job is."""

    done: int
    total: int
    note: str = ""


class JobError(BaseModel):
    """Why a job failed."""

    message: str
    hint: str


class InputFile(BaseModel):
    """One input of a job."""

    name: str
    """Of the input."""
    kind: str
    file: str | None = None
    url: str | None = None
    seed: int | None = None
    text: str | None = None


class ResultFile(BaseModel):
    """One file that a job made."""

    name: str
    url: str
    kind: Literal["image", "clip", "latents", "table", "json", "page", "archive", "weights", "file"]
    type: str
    bytes: int
    width: int | None
    height: int | None
    thumbnail: str | None


class JobView(BaseModel):
    """One job."""

    id: str
    command: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: Progress | None
    created: float
    started: float | None
    finished: float | None
    error: JobError | None
    warnings: list[str]
    options: dict[str, object]
    inputs: list[InputFile]
    command_line: str
    python: str
    kept: bool
    expires: float | None
    """When its uploads are deleted, in seconds since 1970; None if they are kept or gone."""
    results: list[ResultFile]


class JobChange(BaseModel):
    """What may be changed of a job."""

    kept: bool


class RemakeRequest(BaseModel):
    """What to make again."""

    name: str | None = Field(default=None, description="A result; otherwise the first.")


class CallRequest(BaseModel):
    """Options and inputs of a command, for its command line."""

    options: dict[str, object] = Field(default_factory=dict)
    inputs: dict[str, list[str]] = Field(default_factory=dict)


class Call(BaseModel):
    """A command as one types it."""

    command_line: str
    python: str


class Provenance(BaseModel):
    """How a file came about."""

    manifest: dict[str, object] | None
    credentials: dict[str, object]
    watermark: dict[str, object] | None


class About(BaseModel):
    """What this studio is."""

    version: str
    languages: list[str]
    limits: dict[str, float]
    devices: list[str]
    lan: bool
    consent: dict[str, str]
    """What to send for the two simple answers."""
