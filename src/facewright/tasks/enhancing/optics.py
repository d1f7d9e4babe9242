"""What makes one picture clear, and says how much its faces still look like themselves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch

from facewright.device import name_device, pick_dtype
from facewright.enhance.chain import ChainOptions, enhance_image
from facewright.enhance.local import enhance_faces, scale_points
from facewright.enhance.network import Enhancer, load_enhancer
from facewright.errors import InputError, WeightsError
from facewright.faces.choose import select_faces
from facewright.hub.store import Progress
from facewright.media.decode import MAX_PIXELS
from facewright.pipelines.consent import GENERATED, shows_nobody
from facewright.pipelines.weights import open_weights
from facewright.tasks.enhancing.options import EnhanceOptions, read_chain
from facewright.tasks.lookout import Lookout
from facewright.tasks.resemblance import Comparison, open_comparison
from facewright.types import Face, Image, Manifest
from facewright.version import __version__

STARTERS: Mapping[int, str | None] = {1: None, 2: "enhance-x2", 4: "enhance-x4"}
"""How many times larger → the network that ships for it; at 1 there is none."""

_NOT_RECORDED = {"consent", "device", "out", "overwrite", "lenient"}


@dataclass(frozen=True, slots=True)
class Cleared:
    """A picture that was made clear."""

    image: Image
    faces: int
    """How many were made clear on their own; 0 where the whole picture was."""


@dataclass(frozen=True, slots=True)
class Optics:
    """Networks that are ready, and how they are used."""

    lookout: Lookout
    enhancer: Enhancer | None
    comparison: Comparison
    options: EnhanceOptions
    chain: ChainOptions
    models: Mapping[str, str]
    """Name of each set of weights that a picture depends on → sha256."""
    weights: str | None
    """The name of the network that enlarges."""

    @property
    def scale(self) -> int:
        """How many times larger pictures get."""
        return 1 if self.enhancer is None else self.enhancer.config.scale

    def clear(self, image: Image) -> Cleared:
        """Make a picture, or the chosen faces in it, large and clear.

        Raises:
            InputError: The result would be too large.
        """
        check_size(image.shape[1], image.shape[0], self.scale)
        if self.options.faces is None:
            return Cleared(enhance_image(image, self.chain, enhancer=self.enhancer), 0)
        faces = select_faces(self.find(image), self.options.faces)
        clear = enhance_faces(image, faces, self.chain, enhancer=self.enhancer)
        return Cleared(clear, len(faces))

    def find(self, image: Image) -> list[Face]:
        """Return the faces of a picture, the largest first."""
        (faces,) = self.lookout.finder.find([image], threshold=self.options.threshold)
        return faces

    def compare(self, before: Image, after: Image) -> tuple[float, ...]:
        """Say how much each face of a picture still looks like itself, the largest first."""
        scores = []
        for face in self.find(before):
            points = face.points.copy()
            points[:, :2] = scale_points(points[:, :2], self.scale)
            scores.append(self.comparison.compare((before, face.points), (after, points)))
        return tuple(round(score, 3) for score in scores)

    def describe(self, name: str, sha256: str, path: str) -> Manifest:
        """Say how a result comes about.

        Args:
            name: Of the file that went in.
            sha256: Of its bytes.
            path: Where it is, to see whether it shows people who do not exist.
        """
        said = {k: v for k, v in asdict(self.options).items() if k not in _NOT_RECORDED}
        given = (self.options.consent or "").strip()
        return Manifest(
            task="enhance",
            parameters={**said, "weights": self.weights, "picture": name},
            models=dict(self.models),
            sources={f"picture/{name}": sha256},
            consent=given or (GENERATED if shows_nobody(path) else ""),
            version=__version__,
            torch=torch.__version__,
            device=name_device(self.lookout.device),
        )


def open_optics(
    lookout: Lookout, options: EnhanceOptions, progress: Progress | None = None
) -> Optics:
    """Open the network that enlarges, and what compares faces.

    Args:
        lookout: What finds faces.
        options: How, and with which weights.
        progress: Called with how far a download of weights is.

    Raises:
        WeightsError: There are no such weights, or they enlarge by another factor.
    """
    chain, comparison = read_chain(options), open_comparison()
    name = options.weights or STARTERS[options.scale]
    models = {} if options.faces is None else dict(lookout.models)
    if name is None:
        return Optics(lookout, None, comparison, options, chain, models, None)
    bundle = open_weights(name, progress)
    enhancer = load_enhancer(bundle, lookout.device, dtype=pick_dtype(lookout.device))
    if enhancer.config.scale != options.scale:
        raise WeightsError(
            f"`{name}` enlarges {enhancer.config.scale} times, not {options.scale}",
            hint=f"--scale {enhancer.config.scale}, or other weights",
        )
    models[bundle.card.name] = bundle.card.sha256
    return Optics(lookout, enhancer, comparison, options, chain, models, bundle.card.name)


def check_size(width: int, height: int, scale: int) -> None:
    """Raise if a result would have more pixels than can be read again.

    Raises:
        InputError: It would.
    """
    if width * height * scale**2 > MAX_PIXELS:
        raise InputError(
            f"{scale} times {width}×{height} pixels are more than {MAX_PIXELS:,}",
            hint="a smaller --scale, or a part of the picture",
        )
