"""How many frames of a clip are swapped per second, end to end, and how long does a photo take?

A clip of 1280×720 is made from the picture of an astronaut, which pans, zooms, turns and gets
brighter and darker, with noise. Every stage is measured alone, then all together, in seconds of the
clock and of all cores: where other work runs too, the second tells what quiet cores could do.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch
from skimage.data import astronaut

from benchmarks.timing import report
from facewright.device import keep_memory, seeded
from facewright.errors import FacewrightError
from facewright.jobs.commands.photos.swap import Swap, SwapOptions
from facewright.jobs.run import run_files
from facewright.media.video import read_clip
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.photos.swap import SwapPipeline
from facewright.provenance.publish import publish_clip, publish_image
from facewright.types import Clip, Image, Manifest

SIZE, FRAMES, RATE = (1280, 720), 300, Fraction(30000, 1001)
PHOTO, PHOTOS = 1024, 9
_PEOPLE = {"seed": 42, "consent": "nobody: a benchmark", "faces": "largest", "overwrite": True}


def main() -> None:
    """Swap a clip and a photo."""
    try:
        find = FindPipeline(device="cpu")
        find.finder  # noqa: B018 - loads the networks
    except FacewrightError as error:
        print(f"swapping clips is not measured: {error}", file=sys.stderr)
        return
    keep_memory()
    with tempfile.TemporaryDirectory() as folder:
        measure_clip(find, Path(folder))
        measure_photo(find, Path(folder))


def measure_clip(find: FindPipeline, folder: Path) -> None:
    """Measure each stage, and all of them."""
    body, made = folder / "body.mp4", folder / "made.mp4"
    clip = Clip(SIZE, RATE, film(FRAMES), count=FRAMES)
    publish_clip(clip, body, Manifest("test", {}))
    options = SwapOptions(out=made, **_PEOPLE)
    session = SwapPipeline(find=find, device="cpu").start(_PEOPLE["seed"])
    frames = list(film(60))
    finder = find.finder
    (known,) = finder.find(frames[:1])
    stages: dict[str, tuple[Callable[[], object], int]] = {
        "decode": (lambda: _drain(read_clip(body).frames), FRAMES),
        "find": (lambda: [finder.find([frame]) for frame in frames[:20]], 20),
        "follow": (lambda: [finder.follow([f], [known[:1]]) for f in frames[:20]], 20),
        "find_follow_swap": (
            lambda: [session.step(frame, n / 30) for n, frame in enumerate(frames)],
            len(frames),
        ),
        "encode": (lambda: _encode(body, frames, folder / "encoded.mp4"), len(frames)),
    }
    told = {}
    for name, (run, count) in stages.items():
        told[f"{name}_cpu_ms"] = _time(run)[1] / count * 1000
    seconds, busy = _time(lambda: run_files(Swap(options, find=find), [str(body)]))
    report(
        "swapping clips",
        frames=FRAMES,
        size="{}x{}".format(*SIZE),
        threads=torch.get_num_threads(),
        frames_per_s=FRAMES / seconds,
        cpu_ms_per_frame=busy / FRAMES * 1000,
        frames_per_s_of_two_quiet_cores=2 * FRAMES / busy,
        **told,
    )


def measure_photo(find: FindPipeline, folder: Path) -> None:
    """Measure a photo with networks that are warm: find and swap, file to file, and in memory."""
    side = (PHOTO, PHOTO)
    image = np.asarray(cv2.resize(astronaut(), side, interpolation=cv2.INTER_CUBIC), np.uint8)
    body = publish_image(image, folder / "photo.png", Manifest("test", {}))
    options = SwapOptions(out=folder / "swapped.jpg", **_PEOPLE)
    pipeline = SwapPipeline(find=find, device="cpu")
    prepared = pipeline.prepare(_PEOPLE["seed"])

    def swap() -> None:
        pipeline.start(prepared).step(image)

    swap()
    times = [_time(swap) for _ in range(PHOTOS)]
    files = [_time(lambda: run_files(Swap(options, find=find), [str(body)])) for _ in range(3)]
    report(
        "swapping a photo",
        side=PHOTO,
        find_and_swap_s=float(np.median([wall for wall, _ in times])),
        find_and_swap_cpu_s=float(np.median([busy for _, busy in times])),
        seed_to_file_s=float(np.median([wall for wall, _ in files])),
        seed_to_file_cpu_s=float(np.median([busy for _, busy in files])),
    )


def film(count: int) -> Iterator[Image]:
    """Make a clip of one still: it pans, zooms and turns, the light changes, and there is noise."""
    still, (width, height) = astronaut(), SIZE
    noise = torch.randn(height + 64, width + 64, 1, generator=seeded(0)).numpy() * 2.5
    for number in range(count):
        t = number / 30
        zoom, angle = 2.2 + 0.5 * np.sin(1.1 * t), np.deg2rad(6 * np.sin(1.7 * t))
        c, s = zoom * np.cos(angle), zoom * np.sin(angle)
        x, y = width / 2 + 120 * np.sin(0.9 * t), 340 + 40 * np.cos(1.3 * t)
        matrix = np.array([[c, -s, x - c * 224 + s * 200], [s, c, y - s * 224 - c * 200]])
        frame = cv2.warpAffine(still, matrix, SIZE, borderMode=cv2.BORDER_REFLECT)
        top, left = number * 7 % 64, number * 13 % 64
        grain = noise[top : top + height, left : left + width]
        light = np.float32(1 + 0.08 * np.sin(2 * t))
        yield np.clip(frame * light + grain, 0, 255).astype(np.uint8)


def _encode(body: Path, frames: list[Image], out: Path) -> None:
    clip = replace(read_clip(body), frames=iter(frames), times=None, sound=None)
    publish_clip(clip, out, Manifest("test", {}), overwrite=True)


def _drain(items: Iterator[object]) -> None:
    for _ in items:
        pass


def _time(run: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the clock and of all cores."""
    clock, cores = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - cores


if __name__ == "__main__":
    main()
