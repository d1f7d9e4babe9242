"""Measure enhancers on pictures that they were not trained on.

    python recipes/enhancer/measure.py held-out.zip WEIGHTS [--count 200] [--sheet sheet.png]

Each picture is made smaller, then enlarged by the network and without one, and compared with what
it was: PSNR of all three colours, and SSIM (scikit-image, with the Gaussian window of Wang et al.
2004), without a border of 4 pixels, and how much the face looks like the true one (`likeness`). It
is made smaller in three ways: by Pillow's bicubic filter, by the mean of each square, and as in
training: blurred, noisy, stored as a JPEG. The plain enlargements are Pillow's bicubic and Lanczos
filters, and OpenCV's bicubic one.
"""

from __future__ import annotations

import argparse
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Pictures
from skimage.metrics import structural_similarity

from facewright.enhance.degrade import degrade_image
from facewright.enhance.local import enlarge_plainly
from facewright.enhance.network import Enhancer, enlarge_image, load_enhancer
from facewright.faces.training.example_rng import ExampleRng
from facewright.hub.bundle import load_bundle
from facewright.media.decode import read_image
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import reduce_image
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.photos.portraits import Resemblance, open_resemblance
from facewright.types import Face, Image

BORDER = 4
SHOWN = 8


def enlarge_with_pillow(image: Image, scale: int, kernel: Pictures.Resampling) -> Image:
    """Enlarge a picture without a network."""
    size = (image.shape[1] * scale, image.shape[0] * scale)
    return np.array(Pictures.fromarray(image).resize(size, kernel))


def list_ways(enhancer: Enhancer) -> dict[str, Callable[[Image], Image]]:
    """Return every way to enlarge a picture, by name."""
    scale, kernels = enhancer.config.scale, Pictures.Resampling
    return {
        "bicubic": lambda image: enlarge_with_pillow(image, scale, kernels.BICUBIC),
        "lanczos": lambda image: enlarge_with_pillow(image, scale, kernels.LANCZOS),
        "bicubic (OpenCV)": lambda image: enlarge_plainly(image, scale),
        "network": lambda image: enlarge_image(enhancer, image),
    }


def list_reductions(scale: int) -> dict[str, Callable[[Image, int], Image]]:
    """Return every way to make a picture smaller; each takes the number of the picture too."""
    return {
        "bicubic": lambda image, _: reduce_image(image, scale, "bicubic"),
        "area": lambda image, _: reduce_image(image, scale, "area"),
        "dull": lambda image, number: degrade_image(image, scale, ExampleRng(1, number), clean=0.0),
    }


@dataclass(frozen=True)
class Case:
    """A picture, and where its largest face is."""

    truth: Image
    face: Face | None


def compare(made: Image, case: Case, comparison: Resemblance) -> tuple[float, float, float]:
    """Return PSNR in dB, SSIM, and likeness, which is not a number where no face is found."""
    truth, face = case.truth, case.face
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    one, other = made[inner], truth[inner]
    error = np.square(one.astype(np.float64) - other).mean()
    psnr = 10 * np.log10(255**2 / max(error, 1e-9))
    ssim = structural_similarity(
        one,
        other,
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    alike = math.nan
    if face is not None:
        alike = comparison.compare((made, face.points), (truth, face.points))
    return float(psnr), float(ssim), alike


def read_set(archive: zipfile.ZipFile, folder: str, count: int) -> list[Image]:
    """Read the first pictures of one set, cut to sides that are multiples of four."""
    names = [name for name in archive.namelist() if name.startswith(folder + "/")][:count]
    images = [read_image(archive.read(name)) for name in names]
    return [np.ascontiguousarray(i[: i.shape[0] // 4 * 4, : i.shape[1] // 4 * 4]) for i in images]


def measure(images: list[Image], enhancer: Enhancer) -> dict[str, dict[str, list[float]]]:
    """Return the mean scores of every way to enlarge, for every way to make smaller."""
    find = FindPipeline(device="cpu")
    finder, comparison = find.finder, open_resemblance(find)
    faces = [next(iter(finder.find([image])[0]), None) for image in images]
    cases = [Case(image, face) for image, face in zip(images, faces, strict=True)]
    ways, found = list_ways(enhancer), {}
    for reduction, reduce in list_reductions(enhancer.config.scale).items():
        small = [reduce(image, number) for number, image in enumerate(images)]
        for way, enlarge in ways.items():
            pairs = zip(small, cases, strict=True)
            scores = np.array([compare(enlarge(one), case, comparison) for one, case in pairs])
            found.setdefault(reduction, {})[way] = np.nanmean(scores, axis=0).tolist()
    return found


def draw_sheet(images: list[Image], enhancer: Enhancer) -> Image:
    """Show small pictures, enlarged without a network, by it, and the truth; clean, then dull."""
    scale, rows = enhancer.config.scale, []
    reductions = list_reductions(scale)
    for name in ("area", "dull"):
        small = [reductions[name](image, number) for number, image in enumerate(images)]
        rows += [enlarge_with_pillow(one, scale, Pictures.Resampling.NEAREST) for one in small]
        rows += [enlarge_with_pillow(one, scale, Pictures.Resampling.BICUBIC) for one in small]
        rows += [enlarge_image(enhancer, one) for one in small]
        rows += images
    return contact_sheet(rows, columns=len(images))


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("pictures", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    enhancer = load_enhancer(load_bundle(options.weights))
    with zipfile.ZipFile(options.pictures) as archive:
        for folder in ("fairface-frontal", "congress"):
            images = read_set(archive, folder, options.count)
            print(f"{folder}: {len(images)} pictures, {enhancer.config.scale} times")
            for reduction, ways in measure(images, enhancer).items():
                print(f"  made smaller: {reduction}")
                for way, (psnr, ssim, alike) in ways.items():
                    print(f"    {way:<18} {psnr:6.2f} dB  SSIM {ssim:.4f}  likeness {alike:.3f}")
            if options.sheet:
                path = options.sheet.with_stem(f"{options.sheet.stem}-{folder}")
                Pictures.fromarray(draw_sheet(images[:SHOWN], enhancer)).save(path)


if __name__ == "__main__":
    main()
