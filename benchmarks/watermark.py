"""How much a watermark survives, how often one is seen where there is none, and what marking costs.

    python -m benchmarks.watermark marked PICTURES --count 500 --size 512
    python -m benchmarks.watermark unmarked PICTURES
    python -m benchmarks.watermark speed

PICTURES is a folder or a zip of pictures that carry no mark. `--size` is the square root of the
area in pixels that they are brought to; otherwise they stay as they are.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pictures

from facewright.provenance.watermark import Marker, is_markable, read_watermark
from facewright.types import Image

_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


def save_jpeg(image: Image, quality: int) -> Image:
    """Return a picture as it is after a JPEG."""
    data = io.BytesIO()
    Pictures.fromarray(image).save(data, "JPEG", quality=quality)
    return np.array(Pictures.open(data))


def halve(image: Image) -> Image:
    """Return a picture of half the sides."""
    size = (image.shape[1] // 2, image.shape[0] // 2)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def crop(image: Image) -> Image:
    """Return a part with 80 % of each side, off the middle."""
    height, width = image.shape[:2]
    top, left = round(0.12 * height), round(0.07 * width)
    return np.ascontiguousarray(image[top : top + height * 4 // 5, left : left + width * 4 // 5])


def show_on_phone(image: Image) -> Image:
    """Return a screenshot of a phone, 1080 pixels wide, that shows the picture, saved as a JPEG."""
    height = round(image.shape[0] * 1080 / image.shape[1])
    shown = cv2.resize(image, (1080, height), interpolation=cv2.INTER_LINEAR)
    screen = np.full((max(height + 420, 1920), 1080, 3), 16, np.uint8)
    top = (len(screen) - height) // 2
    screen[top : top + height] = shown
    cv2.putText(screen, "12:00", (40, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (240, 240, 240), 3)
    return save_jpeg(screen, 75)


ATTACKS: dict[str, Callable[[Image], Image]] = {
    "as it is": lambda image: image,
    "JPEG 60": lambda image: save_jpeg(image, 60),
    "half": halve,
    "80 %": crop,
    "phone": show_on_phone,
    "half, JPEG 60": lambda image: save_jpeg(halve(image), 60),
}


def list_pictures(path: Path, count: int | None, size: int | None) -> Iterator[Image]:
    """Read pictures, evenly chosen among all, at a size."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in _ENDINGS)
        readers: list[Callable[[], bytes]] = [file.read_bytes for file in files]
    else:
        archive = zipfile.ZipFile(path)
        names = sorted(n for n in archive.namelist() if Path(n).suffix.lower() in _ENDINGS)
        readers = [lambda name=name: archive.read(name) for name in names]  # type: ignore[misc]
    chosen = np.linspace(0, len(readers) - 1, min(count or len(readers), len(readers)))
    for index in chosen.round().astype(int):
        image = np.array(Pictures.open(io.BytesIO(readers[index]())).convert("RGB"))
        if size:
            scale = size / (image.shape[0] * image.shape[1]) ** 0.5
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=how)
        yield np.ascontiguousarray(image, np.uint8)


def measure_marked(pictures: Iterator[Image]) -> dict[str, float]:
    """Return the share of marks that are read after each attack, and how much they change."""
    read: dict[str, list[bool]] = {name: [] for name in ATTACKS}
    ratios = []
    for number, image in enumerate(pictures):
        value = (number * 2_654_435_761 + 12_345) % 2**32
        marked = Marker((image.shape[1], image.shape[0]), value).mark(image)
        error = np.mean((image.astype(float) - marked) ** 2)
        ratios.append(10 * np.log10(255**2 / error))
        for name, attack in ATTACKS.items():
            found = read_watermark(attack(marked))
            read[name].append(found is not None and found.value == value)
    shares = {name: round(float(np.mean(hits)), 4) for name, hits in read.items()}
    levels = {"lowest PSNR": min(ratios), "mean PSNR": float(np.mean(ratios))}
    return {"pictures": len(ratios), **shares, **{k: round(v, 2) for k, v in levels.items()}}


def measure_unmarked(pictures: Iterator[Image]) -> dict[str, float]:
    """Return in how many pictures a mark is seen that have none."""
    seen = count = 0
    for image in pictures:
        seen += read_watermark(image) is not None
        count += 1
        if count % 500 == 0:
            print(json.dumps({"pictures": count, "seen": seen}), flush=True)
    return {"pictures": count, "seen": seen}


def measure_speed() -> dict[str, float]:
    """Return marked frames per second of 1280 by 720, and seconds of a reading, on one core."""
    cv2.setNumThreads(1)
    noise = np.sin(np.arange(1280 * 720 * 3.0) ** 2).reshape(720, 1280, 3)
    frame = cv2.GaussianBlur((127 + 100 * noise).astype(np.uint8), (0, 0), 2)
    marker = Marker((1280, 720), 1)
    marked = marker.mark(frame)
    start = time.process_time()
    for _ in range(50):
        marker.mark(frame)
    marking = (time.process_time() - start) / 50
    start = time.process_time()
    for _ in range(5):
        assert read_watermark(marked) is not None
    reading = (time.process_time() - start) / 5
    return {"frames per second": round(1 / marking, 1), "seconds to read": round(reading, 4)}


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("question", choices=["marked", "unmarked", "speed"])
    parser.add_argument("pictures", type=Path, nargs="?")
    parser.add_argument("--count", type=int)
    parser.add_argument("--size", type=int)
    asked = parser.parse_args()
    if asked.question == "speed":
        print(json.dumps(measure_speed()))
        return
    if asked.pictures is None:
        parser.error("name a folder or a zip of pictures")
    pictures = list_pictures(asked.pictures, asked.count, asked.size)
    markable = (image for image in pictures if is_markable((image.shape[1], image.shape[0])))
    measure = measure_marked if asked.question == "marked" else measure_unmarked
    print(json.dumps(measure(markable)))


if __name__ == "__main__":
    main()
