"""Faces of people who do not exist, by their seeds."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from facewright.jobs.interface.seeds import FaceChoice
from facewright.studio.routes.schemas import WRONG

if TYPE_CHECKING:
    from facewright.studio.engine import Engine

_CACHED = 4096  # pictures of about 10 kB in memory
_Seed = Annotated[int, Path(ge=0, lt=2**63)]
_Label = Annotated[str | None, Query(max_length=60)]
_Size = Annotated[int | None, Query(ge=16, le=1024)]
_Psi = Annotated[float, Query(ge=-2, le=2)]


def add_faces(router: APIRouter, engine: Engine) -> None:
    """Add what draws faces."""
    cache: OrderedDict[Any, tuple[bytes, str]] = OrderedDict()
    answers: dict[str, Any] = {"tags": ["faces"], "responses": WRONG}

    def send(key: Any, draw: Any, known: str | None) -> Response:
        if key not in cache:
            data = draw()
            cache[key] = (data, f'"{hashlib.sha256(data).hexdigest()[:24]}"')
            while len(cache) > _CACHED:
                cache.popitem(last=False)
        data, tag = cache[key]
        headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable"}
        if known and tag in known:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type="image/webp", headers=headers)

    @router.get("/faces/options", tags=["faces"])
    def list_face_options() -> dict[str, Any]:
        """Return by what people can be chosen, and how large they are drawn."""
        return engine.gallery.list_options()

    @router.get("/faces/{seed}.webp", response_class=Response, **answers)
    def draw_face(  # noqa: PLR0913 - the options of one address
        seed: _Seed,
        *,
        size: _Size = None,
        psi: _Psi = 0.7,
        age: _Label = None,
        gender: _Label = None,
        ethnicity: _Label = None,
        smile: _Label = None,
        weights: _Label = None,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Draw a person who does not exist; the same address is always the same person."""
        chosen = FaceChoice(seed, size, psi, age, gender, ethnicity, smile, weights)
        return send(chosen, lambda: engine.gallery.render(chosen), if_none_match)
