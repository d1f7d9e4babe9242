"""Routes of generated faces: by seed, and mixes of two."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Path, Query, Request, Response

from facewright.jobs.interface.people import LABELS, FaceChoice, read_choice
from facewright.studio.routes.cache import PictureCache, send_picture
from facewright.studio.routes.schemas import WRONG

if TYPE_CHECKING:
    from facewright.studio.processes.engine import Engine

_NAME = r"^[\w.-]*$"  # of weights: of the catalog, never a path
_Seed = Annotated[int, Path(ge=0, lt=2**63)]
_Label = Annotated[str | None, Query(max_length=60)]
_Size = Annotated[int | None, Query(ge=16, le=1024)]
_Psi = Annotated[float, Query(ge=-2, le=2)]
_Weights = Annotated[str | None, Query(max_length=60, pattern=_NAME)]
_Known = Annotated[str | None, Header()]


def add_faces(router: APIRouter, engine: Engine) -> None:
    """Add the routes."""
    cache, gallery = PictureCache(), engine.painter or engine.gallery
    drawing = CapacityLimiter(2)  # one is drawn at a time; who waits for it needs no thread

    async def find(key: Hashable, draw: Callable[[], bytes], known: str | None) -> Response:
        found = cache.get(key)
        if found is None:
            found = await run_sync(cache.find, key, draw, limiter=drawing)
        return send_picture(*found, known)

    answers: dict[str, Any] = {
        "tags": ["faces"],
        "response_class": Response,
        "responses": {**WRONG, 200: {"content": {"image/webp": {}}}},
    }

    @router.get("/faces/options", tags=["faces"], response_model=dict[str, Any])
    def list_face_options() -> dict[str, Any]:
        """Return by what people can be chosen, and how large they are drawn."""
        return gallery.list_options()

    @router.get("/faces/{seed}.webp", **answers)
    async def draw_face(  # noqa: PLR0913 - the options of one address
        seed: _Seed,
        *,
        size: _Size = None,
        psi: _Psi = 0.7,
        age: _Label = None,
        gender: _Label = None,
        ethnicity: _Label = None,
        smile: _Label = None,
        weights: _Weights = None,
        if_none_match: _Known = None,
    ) -> Response:
        """Draw a person who does not exist; the same address is always the same person."""
        chosen = FaceChoice(seed, size, psi, age, gender, ethnicity, smile, weights or None)
        return await find(chosen, partial(gallery.render, chosen), if_none_match)

    @router.get("/mixes/options", tags=["faces"], response_model=dict[str, Any])
    def list_mix_options() -> dict[str, Any]:
        """Return how many layers there are to mix, and what they are called."""
        return gallery.list_layers()

    @router.get("/mixes/{a}/{b}.webp", **answers)
    async def mix_faces(  # noqa: PLR0913 - the options of one address
        request: Request,
        a: _Seed,
        b: _Seed,
        *,
        layers: Annotated[str, Query(max_length=400)] = "",
        size: _Size = None,
        psi: _Psi = 0.7,
        weights: _Weights = None,
        if_none_match: _Known = None,
    ) -> Response:
        """Draw `a` with the styles of `b` in layers with weights, such as "0-3:0.2,fine".

        Labels are `a.age`, `b.gender`, ...
        """
        first, second = (
            replace(_choose(request, name, seed), size=size, psi=psi, weights=weights or None)
            for name, seed in (("a", a), ("b", b))
        )
        draw = partial(gallery.render_mix, first, second, layers)
        return await find((first, second, layers), draw, if_none_match)


def _choose(request: Request, name: str, seed: int) -> FaceChoice:
    """Return one of the two people of a mix, with the labels in the address."""
    labels = {label: request.query_params.get(f"{name}.{label}") for label in LABELS}
    return read_choice({"seed": seed, **{k: v for k, v in labels.items() if v}}, name)
