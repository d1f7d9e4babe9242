"""Draw a face as a cartoon, with a generator crossed from two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from facewright.device import to_images
from facewright.enhance.network import Enhancer, enlarge_image
from facewright.faces.align import align, paste
from facewright.faces.geometry.matrices import join_matrices, transform_points
from facewright.faces.masks import draw_face_mask, fade_border
from facewright.faces.similarity.features import FaceFeatures
from facewright.gan.breed import Crossing, breed_generators
from facewright.gan.generator import Generator
from facewright.latents.edit import extend_styles
from facewright.latents.encoder.psp import Encoder
from facewright.latents.invert import Estimator, RefineOptions, invert_faces
from facewright.media.stills.resize import resize_image
from facewright.types import Crop, Image

Points = NDArray[np.float32]

_TIMES = 4
"""Smallest factor by which a character is enlarged before pasting."""
_NEAR = 0.05
_SHARPEN = 1.1
_GROW = 0.05
"""Margin of the drawing around the face, relative to the crop's width."""
_SOFT = 0.05
"""Width of its fading edge, relative to the crop's width."""


@dataclass(frozen=True, slots=True)
class Cartoonist:
    """The generators and networks that draw a face as a character."""

    people: Generator
    """Generates people; faces are inverted with it."""
    characters: Generator
    """Generates characters from the same latents, at the same resolution or a higher one."""
    template: str
    """Alignment template of both."""
    encoder: Encoder | Estimator | None = None
    """Estimates the first latents; None starts from the average face."""
    features: FaceFeatures | None = None
    """Network of the perceptual distance in refining latents; None compares pixels alone."""
    enhancer: Enhancer | None = None
    """Enlarges small drawings; None leaves them as they are."""


def breed_characters(people: Generator, style: Generator, strength: float) -> Generator:
    """Return a generator between people and characters.

    Args:
        people: Generates people.
        style: Generates characters; fine-tuned from `people`.
        strength: 0 is people, 1 is characters.

    Raises:
        WeightsError: Their architectures differ.
        InputError: The strength is not from 0 to 1.
    """
    return breed_generators(people, style, Crossing(amount=strength))


def cut_face(cartoonist: Cartoonist, image: Image, points: Points) -> Crop:
    """Cut a face out of a picture by the template of the generators.

    Args:
        cartoonist: Gives the template and the size.
        image: (height, width, 3).
        points: (478, 3), its mesh, pixels.
    """
    size = cartoonist.people.config.resolution
    return align(image, points, template=cartoonist.template, size=size)


def find_latents(
    cartoonist: Cartoonist,
    crop: Crop,
    *,
    steps: int,
    truncation_psi: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> torch.Tensor:
    """Find the latents of a face: encode, then refine.

    Args:
        cartoonist: The generators and networks.
        crop: From `cut_face`.
        steps: Optimisation steps. Latents are held nearer to those of the encoder than in
            `invert_faces`: far from them, characters lose their style.
        truncation_psi: 1 leaves them as they are; less moves them towards the average face, whose
            character has the most distinct style.
        progress: Called with the number of steps done, and of all.

    Returns:
        w+, (1, num_ws, w_dim), on the CPU.
    """
    found = invert_faces(
        cartoonist.people,
        crop.image[None],
        encoder=cartoonist.encoder,
        features=cartoonist.features if steps else None,
        options=RefineOptions(steps=steps, norm_weight=_NEAR),
        progress=progress,
    )
    average = cartoonist.people.mapping.w_avg.cpu()
    return average.lerp(found.ws, truncation_psi)


@torch.no_grad()
def draw_character(cartoonist: Cartoonist, ws: torch.Tensor) -> Image:
    """Draw a character.

    Args:
        cartoonist: Who draws.
        ws: w+, (1, num_ws, w_dim), of the generator of people.

    Returns:
        (size, size, 3), where size is the resolution of the generator times the factor of the
        enhancer.
    """
    characters = cartoonist.characters
    ws = extend_styles(ws.to(characters.mapping.w_avg.device), characters.num_ws)
    drawn: Image = to_images(characters.synthesis(ws))[0]
    return enlarge_image(cartoonist.enhancer, drawn) if cartoonist.enhancer else drawn


def paste_character(image: Image, points: Points, crop: Crop, drawn: Image) -> Image:
    """Paste a character over the face that it was drawn from.

    Args:
        image: (height, width, 3), the picture.
        points: (478, 3), the mesh of the face in it, pixels.
        crop: From `cut_face`.
        drawn: From `draw_character`.

    Returns:
        A new picture, unchanged outside of the face and a margin.
    """
    side = max(len(drawn), _TIMES * len(crop.image))
    larger = enlarge_crop(crop, enlarge_drawing(drawn, side))
    face = draw_face_mask(transform_points(points, larger.matrix), (side, side))
    reach = 2 * round(_GROW * side / 2) + 1
    grown = cv2.dilate(face, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    soft = np.asarray(cv2.GaussianBlur(grown, (0, 0), _SOFT * side / 2), np.float32)
    return paste(image, larger, fade_border(soft, _SOFT * side))


def enlarge_crop(crop: Crop, image: Image) -> Crop:
    """Return a crop of the same square with another picture of k times the size.

    Args:
        crop: A square of n pixels.
        image: (k · n, k · n, 3), the new picture.
    """
    times = len(image) / len(crop.image)
    enlarge = np.array([[times, 0, (times - 1) / 2], [0, times, (times - 1) / 2]])
    return Crop(image, join_matrices(crop.matrix, enlarge), crop.template)


def enlarge_drawing(image: Image, size: int) -> Image:
    """Enlarge a drawing so that its edges stay crisp.

    Edges that the enlargement blurs are sharpened again, but never beyond the range of colours
    nearby.

    Args:
        image: (side, side, 3).
        size: The new side in pixels.

    Returns:
        (size, size, 3).
    """
    times = size / len(image)
    large = resize_image(image, size)
    if times <= 1:
        return large
    reach = 2 * round(0.75 * times) + 1
    near = np.ones((reach, reach), np.uint8)
    plain = cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)  # overshoots nowhere
    low, high = cv2.erode(plain, near), cv2.dilate(plain, near)
    blurred = cv2.GaussianBlur(large, (0, 0), 0.75 * times)
    sharp = cv2.addWeighted(large, 1 + _SHARPEN, blurred, -_SHARPEN, 0)
    return np.asarray(np.clip(sharp, low, high), np.uint8)
