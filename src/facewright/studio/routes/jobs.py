"""Routes of jobs: begin, follow, cancel, keep, remake, delete."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from facewright.studio.intake import Intake, remake
from facewright.studio.routes.schemas import WRONG, JobChange, JobView, RemakeRequest
from facewright.studio.routes.views import find_job, view_job
from facewright.studio.store import ENDED, Job

if TYPE_CHECKING:
    from facewright.studio.processes.engine import Engine

_BEAT = 15  # seconds between two signs of life of a stream of events


def add_jobs(router: APIRouter, engine: Engine) -> None:
    """Add the routes that begin and follow jobs."""
    store, limits = engine.store, engine.settings.limits
    reading = CapacityLimiter(2)  # uploads, which are decoded to be checked
    answers: dict[str, Any] = {"tags": ["jobs"], "responses": WRONG}

    def view(job: Job) -> dict[str, Any]:
        return view_job(store, limits, job)

    def find(name: str) -> Job:
        return find_job(store, name)

    @router.post("/jobs/{command}", status_code=202, response_model=JobView, **answers)
    async def begin_job(command: str, request: Request) -> dict[str, Any]:
        """Begin a job: a part of the form for each input, and `options` as a JSON object."""
        client = request.scope.get("client_name", "local")
        intake = await run_in_threadpool(Intake, store, limits, command, client)
        form = request.form(max_files=limits.files, max_fields=limits.files)
        async with form as sent:
            job = await run_sync(intake.read, sent, limiter=reading)
        await run_in_threadpool(engine.enqueue, job)
        return await run_in_threadpool(view, job)

    @router.get("/jobs", response_model=list[JobView], **answers)
    def list_jobs(
        limit: Annotated[int, Query(ge=1, le=200)] = 50, before: str | None = None
    ) -> list[dict[str, Any]]:
        """List jobs, the newest first."""
        return [view(job) for job in store.find_recent(limit=limit, before=before)]

    @router.get("/jobs/{job}", response_model=JobView, **answers)
    def show_job(job: str) -> dict[str, Any]:
        """Return a job as it is now."""
        return view(find(job))

    @router.get(
        "/jobs/{job}/events",
        response_class=StreamingResponse,
        tags=["jobs"],
        responses={
            **WRONG,
            200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        },
    )
    async def follow_job(job: str) -> StreamingResponse:
        """Stream a job whenever it changes, as server-sent events named `job`, until it ends."""
        found = await run_in_threadpool(find, job)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        events = _stream(engine, found, view)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def add_changes(router: APIRouter, engine: Engine) -> None:
    """Add the routes that change jobs."""
    store, limits = engine.store, engine.settings.limits
    answers: dict[str, Any] = {"tags": ["jobs"], "responses": WRONG}

    def view(job: Job) -> dict[str, Any]:
        return view_job(store, limits, job)

    def find(name: str) -> Job:
        return find_job(store, name)

    @router.post("/jobs/{job}/cancel", response_model=JobView, **answers)
    def cancel_job(job: str) -> dict[str, Any]:
        """End a job that waits or runs."""
        find(job)
        store.cancel(job)
        engine.end_soon(job)
        return view(find(job))

    @router.patch("/jobs/{job}", response_model=JobView, **answers)
    def change_job(job: str, change: JobChange) -> dict[str, Any]:
        """Keep the uploads of a job, or let them go after a day."""
        find(job)
        store.keep(job, kept=change.kept)
        return view(find(job))

    @router.delete("/jobs/{job}", status_code=204, response_class=Response, **answers)
    def delete_job(job: str) -> Response:
        """Delete a job, its uploads and its results for good."""
        find(job)
        store.cancel(job)
        engine.end_now(job)
        store.delete(job)
        return Response(status_code=204)

    @router.post("/jobs/{job}/remake", status_code=202, response_model=JobView, **answers)
    def remake_job(
        job: str, request: Request, wanted: RemakeRequest | None = None
    ) -> dict[str, Any]:
        """Make a result again, from what it was made of."""
        client = request.scope.get("client_name", "local")
        name = wanted.name if wanted else None
        made = remake(store, limits, find(job), client, name)
        engine.enqueue(made)
        return view(made)


async def _stream(engine: Engine, job: Job, view: Any) -> AsyncIterator[str]:
    """Yield a job as an event whenever it changes, until it ends or is deleted."""
    told, beat = "", time.monotonic()
    while True:
        try:
            job = await run_in_threadpool(engine.store.get, job.id)
        except KeyError:
            return
        text = json.dumps(await run_in_threadpool(view, job))
        if text != told:
            told, beat = text, time.monotonic()
            yield f"event: job\ndata: {text}\n\n"
        if job.state in ENDED or engine.closing:
            return
        if time.monotonic() - beat > _BEAT:
            beat = time.monotonic()
            yield ": alive\n\n"
        await engine.wait_for_change(_BEAT)
