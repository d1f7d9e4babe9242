"""Latents of faces: from seeds, files, and pictures, which are inverted."""

from __future__ import annotations

import copy
import dataclasses
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch

from facewright.errors import InputError
from facewright.faces.align import align
from facewright.faces.detection.landmarks import KIND as MESH
from facewright.faces.detection.landmarks import load_mesh
from facewright.faces.similarity.features import KIND as FEATURES
from facewright.faces.similarity.features import FaceFeatures, load_face_features
from facewright.faces.similarity.identity import KIND as LIKENESS
from facewright.faces.similarity.identity import (
    Likeness,
    embed_face,
    load_likeness,
    measure_likeness,
)
from facewright.faces.templates import TEMPLATES
from facewright.gan.anchors.find import KIND as ANCHORS
from facewright.gan.generator import Generator
from facewright.gan.weights import load_appearance, read_template
from facewright.hub.bundle import file_sha256, load_bundle
from facewright.hub.cards import find_owned, known_cards
from facewright.hub.store import Progress
from facewright.latents.encoder.anchors import AnchorCorrector, AnchorEncoder, load_anchor_model
from facewright.latents.encoder.psp import FACE_CHANNELS, Encoder, load_encoder
from facewright.latents.encoder.psp import KIND as ENCODER
from facewright.latents.encoder.quick import quicken
from facewright.latents.files import StoredLatents, load_latents
from facewright.latents.invert import (
    Inversion,
    RefineOptions,
    invert_faces,
    look_at,
)
from facewright.latents.scenes import FaceSampler, find_styles
from facewright.latents.tune import TuneOptions, tune_generator
from facewright.latents.tuning import KIND as TUNING
from facewright.latents.tuning import apply_tuning, pack_tuning
from facewright.media.stills.resize import resize_image
from facewright.pipelines.consent import GENERATED
from facewright.pipelines.draw.enlarge import AUTO
from facewright.pipelines.draw.generate import GeneratorPipeline
from facewright.pipelines.find import FindPipeline, pick_kind
from facewright.pipelines.inputs import IN_MEMORY, Picture, naming, read_picture
from facewright.pipelines.result import Ingredients, LatentsResult, Stage, hashes
from facewright.types import LATENTS, REFINE_STEPS, Bundle, Card, Crop, Image, Latents, Precision

TEMPLATE = "tight"
"""Default alignment template of generators: that of `prepare`."""

NONE = "none"
"""Name of the choice of no encoder: the search starts from the average face."""

_PERSON = re.compile(r"([0-9]+)(?::((?:\w+=[^,=]+,?)*))?")

LatentInput: TypeAlias = "int | Latents | StoredLatents | LatentsResult | Picture"
"""A seed; latents, or a file of them; a result with latents; or a picture of a face, which is
inverted."""


@dataclass(frozen=True, slots=True)
class LatentSource:
    """The latents of one face, and their origin."""

    name: str
    """The seed, or the name of the file without its folder."""
    ws: torch.Tensor
    """(1, num_ws, w_dim), on the device of the generator."""
    used: Ingredients
    tuning: Bundle | None = None
    """Differences to add to the generator before synthesis; None for none."""
    crop: Crop | None = None
    """The aligned face of a picture; None for seeds and latents."""


@dataclass(frozen=True, slots=True)
class InvertedCrop:
    """The inversion of an aligned face."""

    crop: Crop
    stored: StoredLatents
    """The latents w+, with their generator."""
    stages: tuple[Stage, ...]
    """Errors after each stage; the last one is that of the latents."""
    tuned: Generator | None = None
    """The tuned generator, if it was tuned."""


class LatentsPipeline(GeneratorPipeline):
    """A generator with an encoder and a face detector: the base of invert, edit and restyle."""

    def __init__(  # noqa: PLR0913
        self,
        weights: str | None = None,
        *,
        encoder: str | None = None,
        template: str | None = None,
        refiner: str = AUTO,
        find: FindPipeline | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The generator: a name or a file; None is the starter.
            encoder: Encoder or anchors that estimate the first latents, by name or file; "none" is
                the average face; None is the one in the generator's weights or in the catalog.
            template: Alignment template of the generator; None is that of its weights, or
                `TEMPLATE`.
            refiner: As for `GeneratorPipeline`.
            find: The face detector; None loads the networks that ship.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.

        Raises:
            InputError: There is no such device, number format or template.
        """
        super().__init__(weights, refiner=refiner, device=device, dtype=dtype, progress=progress)
        if template is not None and template not in TEMPLATES:
            hint = f"one of: {', '.join(TEMPLATES)}"
            raise InputError(f"no template is called `{template}`", hint=hint)
        self._encoder, self._template = encoder, template
        self.find = find or FindPipeline(device=self.device, progress=progress)

    @property
    def template(self) -> str:
        """Alignment template of the generator."""
        return self._template or read_template(self.bundle) or TEMPLATE

    @cached_property
    def encoder_bundle(self) -> Bundle | None:
        """The weights of the encoder, if there is one."""
        if self._encoder == NONE:
            return None
        sha256 = self.bundle.card.sha256
        if self._encoder is not None:
            encoder = self.open(self._encoder)
            if (owner := _find_owner(encoder)) not in ("", sha256):
                raise InputError(
                    f"the encoder `{self._encoder}` belongs to another generator ({owner[:12]})",
                    hint='name the one that was trained for this generator, or "none"',
                )
            return encoder
        owned = find_owned((ENCODER,), sha256)
        return self.anchor_bundle if owned is None else self.open(owned)

    @cached_property
    def anchor_bundle(self) -> Bundle | None:
        """The weights of the generator's anchors, if it has some."""
        if load_appearance(self.bundle) is not None:
            return self.bundle
        owned = find_owned((ANCHORS,), self.bundle.card.sha256)
        return None if owned is None else self.open(owned)

    @cached_property
    def encoder(self) -> Encoder | AnchorEncoder | AnchorCorrector | None:
        """Estimates the first latents; None is the average face."""
        bundle = self.encoder_bundle
        if bundle is None:
            return None
        if bundle.card.kind == ANCHORS or load_appearance(bundle) is not None:
            return self.load_anchors(bundle)
        encoder = quicken(load_encoder(bundle, self.device), self.dtype)
        if encoder.config.inputs == FACE_CHANNELS:
            return encoder
        return AnchorCorrector(self.load_anchors(), encoder, self.generator, self.dtype)

    def load_anchors(self, bundle: Bundle | None = None) -> AnchorEncoder:
        """Return what estimates latents by anchors.

        Args:
            bundle: The weights of the anchors; None takes those of the generator.

        Raises:
            InputError: The generator has none.
        """
        bundle = bundle or self.anchor_bundle
        if bundle is None:
            raise InputError(
                f"`{self.name}` has no anchors",
                hint="generators have some that were trained with --anchor components",
            )
        mesh = load_mesh(self.open(pick_kind(MESH, known_cards())), self.device)
        model, template = load_appearance(bundle) or load_anchor_model(bundle), self.template
        return AnchorEncoder(model, self.generator, mesh, labels=self.labels, template=template)

    @property
    def encoder_name(self) -> str:
        """The name of the encoder, or `NONE`."""
        return self.encoder_bundle.card.name if self.encoder_bundle else NONE

    @cached_property
    def _measures(self) -> tuple[Bundle, Bundle]:
        """The weights of features and likeness."""
        known = known_cards()
        features, likeness = (self.open(pick_kind(kind, known)) for kind in (FEATURES, LIKENESS))
        return features, likeness

    @cached_property
    def features(self) -> FaceFeatures:
        """The network of perceptual distances."""
        return load_face_features(self._measures[0], self.device)

    @cached_property
    def likeness(self) -> Likeness:
        """The similarity of faces."""
        return load_likeness(self._measures[1])

    @property
    def inverters(self) -> dict[str, str]:
        """Name → sha256 of all networks that invert an aligned face."""
        anchors = self.anchor_bundle if isinstance(self.encoder, AnchorCorrector) else None
        return self.models | hashes(self.encoder_bundle, anchors, *self._measures)

    def cut(self, image: Image, faces: str = "largest", *, drawn: bool = False) -> Crop:
        """Cut one face out of a picture, by the template of the generator.

        Args:
            image: (height, width, 3).
            faces: Which face.
            drawn: As for `FindPipeline.pick`.

        Raises:
            InputError: There is no face, or the choice does not give exactly one.
        """
        face = self.find.pick(image, faces, drawn=drawn)
        return align(image, face.points, template=self.template, size=self.resolution)

    def fit_aligned(self, image: Image) -> Crop:
        """Return a picture of an aligned face as a crop.

        Args:
            image: (side, side, 3), of any size.

        Raises:
            InputError: It is not square.
        """
        height, width = image.shape[:2]
        if height != width:
            raise InputError(
                f"the picture has {width}×{height} pixels, and an aligned face is square",
                hint="leave out `aligned`: the face is found and cut out then",
            )
        scale = self.resolution / width
        matrix = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2]])
        return Crop(resize_image(image, self.resolution), matrix, self.template)

    def invert_crop(
        self,
        crop: Crop,
        *,
        refine: RefineOptions | None = None,
        tune: TuneOptions | None = None,
        progress: Progress | None = None,
    ) -> InvertedCrop:
        """Find the latents of an aligned face.

        Args:
            crop: From `cut` or `fit_aligned`.
            refine: Options of the optimisation; None uses the defaults.
            tune: Options of tuning the generator to the face; None does not tune it.
            progress: Called with the number of steps done, and of all.

        Returns:
            The latents, and the errors after each stage.
        """
        refine = refine or RefineOptions()
        total, images = refine.steps + (tune.steps if tune else 0), crop.image[None]
        found = self._search(images, dataclasses.replace(refine, steps=0), None)
        stages = [self._measure_stage("encoded" if self.encoder else "average", found, crop)]
        if refine.steps:
            found = self._search(images, refine, _shift(progress, 0, total))
            stages.append(self._measure_stage("refined", found, crop))
        tuned = None
        if tune:
            ws, features = found.ws.to(self.device), self.features
            done = _shift(progress, refine.steps, total)
            tuned = tune_generator(
                self.generator, ws, images, features=features, options=tune, progress=done
            )
            stages.append(self._measure_stage("tuned", look_at(tuned, ws, images, features), crop))
        stored = StoredLatents(Latents(found.ws, "w+", self.name), self.bundle.card.sha256)
        return InvertedCrop(crop, stored, tuple(stages), tuned)

    def pack_tuning(self, tuned: Generator, name: str) -> Bundle:
        """Return the differences of a tuned generator."""
        base = {"name": self.name, "sha256": self.bundle.card.sha256}
        card = Card(name, TUNING, licence="that of the generator", trained_on="one photo")
        return pack_tuning(self.generator, tuned, card, base=base)

    def read_latents(  # noqa: PLR0913
        self,
        face: LatentInput,
        sampler: FaceSampler,
        *,
        role: str = "face",
        refine: int = REFINE_STEPS,
        faces: str = "largest",
        consent: str | None = None,
        progress: Progress | None = None,
    ) -> LatentSource:
        """Return the latents of a face; a picture is inverted.

        Args:
            face: A seed, perhaps with labels, such as "42:age=30-39"; latents, a file of either
                kind, a result or a picture.
            sampler: Truncation for seeds, and labels for those without any.
            role: Its role in manifests, such as "face".
            refine: Of pictures: optimisation steps after the encoder.
            faces: Which face of a picture.
            consent: The consent; None takes that of the file or result.
            progress: Called with the number of steps done, and of all.

        Raises:
            FileError: A file is missing or damaged.
            InputError: Latents belong to another generator, or are not those of one face; or a
                picture shows no face.
        """
        if isinstance(face, int) or (isinstance(face, str) and is_seed(face)):
            seed, labels = read_person(str(face))
            own = sampler if labels is None else dataclasses.replace(sampler, chosen=labels)
            nobody = Ingredients(seeds=(seed,), consent=GENERATED)
            return LatentSource(str(face), find_styles(own, [seed]), nobody)
        if isinstance(face, str | Path) and Path(face).suffix.lower() == LATENTS:
            return self._read_file(Path(face), role, consent)
        if isinstance(face, LatentsResult | Latents | StoredLatents):
            return self._read_memory(face, consent)
        return self._invert_picture(face, role, refine, faces, consent, progress)

    def tune(self, sampler: FaceSampler, tuning: Bundle | None) -> FaceSampler:
        """Return a sampler with the differences of a tuning added to its generator.

        Raises:
            WeightsError: The tuning belongs to another generator.
        """
        if tuning is None:
            return sampler
        own = copy.deepcopy(self.generator)
        apply_tuning(own, tuning, sha256=self.bundle.card.sha256).freeze()
        return dataclasses.replace(sampler, generator=own)

    def _read_memory(
        self, face: LatentsResult | Latents | StoredLatents, consent: str | None
    ) -> LatentSource:
        """Return latents that are in memory."""
        used, tuning = Ingredients(), None
        if isinstance(face, LatentsResult):
            said, tuning = face.manifest, face.tuning
            used = Ingredients(models=said.models, sources=said.sources, seeds=said.seeds)
            face = face.latents
        if isinstance(face, Latents):
            face = StoredLatents(face, self.bundle.card.sha256)
        agreed = (consent or "").strip() or face.consent
        used = dataclasses.replace(used, consent=agreed)
        return LatentSource(IN_MEMORY, self._fit(face, "the result"), used, tuning)

    def _read_file(self, path: Path, role: str, consent: str | None) -> LatentSource:
        """Return the latents of a file, with their tuning."""
        stored = load_latents(path)
        ws = self._fit(stored, str(path))
        used = Ingredients(
            sources={f"{role}/{path.name}": file_sha256(path)},
            consent=(consent or "").strip() or (stored.consent if stored.sealed else ""),
        )
        if stored.tuning is None:
            return LatentSource(path.name, ws, used)
        tuning = load_bundle(path.parent / stored.tuning.file, sha256=stored.tuning.sha256)
        changed = Ingredients(models={stored.tuning.file: stored.tuning.sha256})
        return LatentSource(path.name, ws, used | changed, tuning)

    def _invert_picture(
        self,
        picture: Picture,
        role: str,
        refine: int,
        faces: str,
        consent: str | None,
        progress: Progress | None,
    ) -> LatentSource:
        """Invert the face in a picture."""
        source = read_picture(picture)
        with naming(source.name):
            crop = self.cut(source.image, faces, drawn=source.drawn)
        found = self.invert_crop(crop, refine=RefineOptions(steps=refine), progress=progress)
        models = Ingredients(
            models=self.find.models | self.inverters, threads=torch.get_num_threads()
        )
        ws = found.stored.latents.values.to(self.device)
        return LatentSource(source.name, ws, source.describe(role, consent) | models, crop=crop)

    def _fit(self, stored: StoredLatents, name: str) -> torch.Tensor:
        """Return latents of one face in w+, on the device, after checking their generator."""
        stored.check_generator(self.name, self.bundle.card.sha256)
        count, space = len(stored.latents.values), stored.latents.space
        if count != 1 or space == "z":
            raise InputError(
                f"{name} holds {count} latents in {space}",
                hint="it takes those of one face, in w or w+",
            )
        return stored.latents.spread(self.generator.num_ws).values.to(self.device)

    def _search(
        self, images: Image, options: RefineOptions, progress: Progress | None
    ) -> Inversion:
        """Run the optimisation."""
        return invert_faces(
            self.generator,
            images,
            encoder=self.encoder,
            features=self.features,
            options=options,
            progress=progress,
        )

    def _measure_stage(self, name: str, found: Inversion, crop: Crop) -> Stage:
        """Measure the errors of a reconstruction."""
        image = found.images[0]
        pair = (
            embed_face(self.likeness, one) for one in (crop, dataclasses.replace(crop, image=image))
        )
        alike = measure_likeness(self.likeness, *pair)
        return Stage(name, image, found.errors[0], found.distances[0], alike)


def is_seed(text: str) -> bool:
    """Return whether a text is a seed, perhaps with labels, and not the name of a file."""
    return _PERSON.fullmatch(text) is not None


def read_person(text: str) -> tuple[int, dict[str, str] | None]:
    """Parse a seed, and the labels after it, if there are any.

    Raises:
        InputError: It is no seed, or too large.

    >>> read_person("42:age=30-39,smile=yes")
    (42, {'age': '30-39', 'smile': 'yes'})
    >>> read_person("42:"), read_person("42")
    ((42, {}), (42, None))
    """
    match = _PERSON.fullmatch(text)
    if match is None or int(match[1]) >= 2**63:
        raise InputError(
            f"`{text}` names no seeds", hint="such as 42, or 42:age=30-39,gender=Female"
        )
    if match[2] is None:
        return int(match[1]), None
    return int(match[1]), dict(pair.split("=") for pair in match[2].split(",") if pair)


def _find_owner(encoder: Bundle) -> str:
    """Return the sha256 of the generator that an encoder was trained for; empty if unknown."""
    said = encoder.config.get("generator")
    return str(said.get("sha256", "")) if isinstance(said, dict) else ""


def _shift(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Return a progress function that adds the steps done before."""
    return None if progress is None else lambda done, _: progress(before + done, total)
