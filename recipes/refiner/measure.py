"""Measure ways to draw faces at twice their size, on faces that were not learned from.

    python recipes/refiner/measure.py WEIGHTS --small held-out-128.zip --large held-out-224.zip \
        --drawn drawn -o measured

Real faces, reduced by area from 224 to 128 pixels, are enlarged to 256 and compared with what they
were at 224, to which the result is reduced: PSNR in dB of all colours, SSIM,
and the distance of feature maps of EfficientNet-Lite0, which the refiner minimised, too. `soft`
faces are blurred by 0.8 pixels before, as generators draw.

Of real and drawn faces: by how much colours change, as the mean and the largest difference of
squares of 16 pixels, in steps of 256, against bicubic interpolation; how strong details are, as the
power of the upper half of the frequencies in dB above that of Lanczos; and the time per picture.

`vivid` is what `enhance --mode vivid` does with a face: enlarged by `enhance-x2`, reduced to what
the refiner takes, and refined.

Writes what each way makes of the drawn faces to a folder, for `recipes/common/identity.py embed`
and `same.py`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image as Pictures
from skimage.metrics import structural_similarity

from facewright.datasets.stored import gather_pictures
from facewright.device import pick_device, pick_dtype, to_tensor
from facewright.enhance.network import enlarge_image, load_enhancer
from facewright.gan.training.projected.efficientnet import EfficientNetLite0, load_efficientnet
from facewright.hub.bundle import load_bundle
from facewright.media.stills.resize import resize_image
from facewright.pipelines.weights import open_weights
from facewright.refine.network import load_refiner, refine_image
from facewright.types import Image

SQUARE = 16  # pixels
BORDER = 4
SOFT = 0.8  # pixels

Way = Callable[[Image], Image]


def list_ways(weights: Path) -> dict[str, Way]:
    """Return every way to enlarge a face, by name."""
    dtype = pick_dtype(pick_device("cpu"))
    enhancer = load_enhancer(open_weights("enhance-x2"), dtype=dtype)
    refiner = load_refiner(load_bundle(weights), dtype=dtype)
    bicubic = Pictures.Resampling.BICUBIC

    def enlarge(image: Image) -> Image:
        size = (2 * image.shape[1], 2 * image.shape[0])
        return np.array(Pictures.fromarray(image).resize(size, bicubic))

    return {
        "bicubic": enlarge,
        "lanczos": lambda image: resize_image(image, 2 * len(image)),
        "enhance-x2": lambda image: enlarge_image(enhancer, image),
        "refiner": lambda image: refine_image(refiner, image),
        "vivid": lambda image: refine_image(refiner, halve(enlarge_image(enhancer, image))),
    }


def halve(image: Image) -> Image:
    """Reduce a picture to half its size."""
    size = (image.shape[1] // 2, image.shape[0] // 2)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


@torch.no_grad()
def compare(network: EfficientNetLite0, made: Image, truth: Image) -> tuple[float, float, float]:
    """Return PSNR in dB, SSIM and the distance of features."""
    made = resize_image(made, len(truth))
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    one, other = made[inner], truth[inner]
    error = np.square(one.astype(np.float64) - other).mean()
    ssim = structural_similarity(
        one,
        other,
        channel_axis=2,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    pair = to_tensor(np.stack([made, truth]), torch.device("cpu"), torch.float32)
    maps = network(pair.contiguous(memory_format=torch.channels_last))
    features = [float((x[0] - x[1]).abs().mean() / x[1].std()) for x in maps]
    return 10 * np.log10(255**2 / error), float(ssim), sum(features)


def measure_colour(made: Image, plain: Image) -> tuple[float, float]:
    """Return the mean and the largest difference of the mean colours of squares."""
    side = len(made) // SQUARE
    one, other = (
        cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
        for image in (made, plain)
    )
    return float(np.abs(one - other).mean()), float(np.abs(one - other).max())


def measure_detail(image: Image) -> float:
    """Return the power of the upper half of the frequencies, in dB."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    window = np.hanning(len(grey))
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window[:, None] * window)) ** 2
    cycles = np.fft.fftfreq(len(grey))
    upper = np.hypot(*np.meshgrid(cycles, cycles)) > 0.25
    return float(10 * np.log10(power[upper].mean()))


def soften(image: Image) -> Image:
    """Blur a face."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), SOFT), np.uint8)


def report_pairs(ways: dict[str, Way], small: Sequence[Image], large: Sequence[Image]) -> None:
    """Print how near each way comes to what faces are."""
    network = load_efficientnet()
    for name, prepare in (("as they are", lambda image: image), ("soft", soften)):
        print(f"{len(small)} held-out faces, {name}:")
        inputs = [prepare(image) for image in small]
        for way, enlarge in ways.items():
            pairs = zip(inputs, large, strict=True)
            found = np.mean([compare(network, enlarge(a), b) for a, b in pairs], axis=0)
            print(f"  {way:<11} {found[0]:6.2f} dB  SSIM {found[1]:.4f}  features {found[2]:.3f}")


def report_changes(ways: dict[str, Way], images: Sequence[Image], name: str) -> None:
    """Print what each way changes, and how long it takes."""
    plain = [ways["bicubic"](image) for image in images]
    usual = np.mean([measure_detail(ways["lanczos"](image)) for image in images])
    print(f"{len(images)} {name} faces:")
    for way, enlarge in ways.items():
        begun = time.process_time()
        made = [enlarge(image) for image in images]
        seconds = (time.process_time() - begun) / len(images)
        colours = [measure_colour(a, b) for a, b in zip(made, plain, strict=True)]
        detail = np.mean([measure_detail(image) for image in made]) - usual
        mean, most = np.mean(colours, axis=0)[0], np.max(colours, axis=0)[1]
        print(
            f"  {way:<11} colours {mean:.2f} (at most {most:.1f})  details {detail:+.1f} dB  "
            f"{1000 * seconds:.0f} ms"
        )


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("weights", type=Path)
    parser.add_argument("--small", type=Path, required=True)
    parser.add_argument("--large", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, required=True, help="faces of 128 pixels")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    ways = list_ways(options.weights)
    small, large, drawn = (
        list(gather_pictures(path).images[: options.count])
        for path in (options.small, options.large, options.drawn)
    )
    report_pairs(ways, small, large)
    report_changes(ways, small, "held-out")
    report_changes(ways, drawn, "drawn")
    for way in ("lanczos", "enhance-x2", "refiner", "vivid"):
        folder = options.output / way
        folder.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(drawn):
            Pictures.fromarray(ways[way](image)).save(folder / f"{number:04d}.png")


if __name__ == "__main__":
    main()
