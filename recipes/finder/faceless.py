"""Collect pictures without a face from folders of packages, to learn what is none.

    python recipes/finder/faceless.py FOLDER OUT.zip [--without NAMES.txt] [--most N]

`FOLDER` holds one folder for each package, as `dpkg -x` unpacks it. Every picture in it, also in
archives of games and furniture (pk3, sh3f), is taken in parts of at most 384 pixels: large photos
in up to twelve at different scales, others once. Where a picture is transparent, a colour or a
texture stands behind it. Paths that contain a word of `_PEOPLE` are left out, as are the pictures
that `NAMES.txt` lists, one a line as the zip names them, up to the last "-": those on which a
person saw a face.
"""

import argparse
import hashlib
import io
import re
import zipfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from facewright.faces.training.example_rng import ExampleRng

SIDE, LEAST, BEHIND = 384, 64, 200
_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tga"}
_ARCHIVES = {".pk3", ".sh3f"}
_PEOPLE = re.compile(
    r"face|head|people|person|human|\bman\b|woman|girl|boy|smil|emoti|avatar|portrait|bodypart|mask"
    r"|party|religion|skycultures|stickm|aiga|reallusion|mannequin|clown|halloween|santa|angel|doll"
    r"|king|queen|jack|cards/|joker|tex_pics|users?/|levelshot|statue|skull|child|family|baby|nurse"
    r"|pirate|ninja|puppet|witch|elf|gnome_|snowman|thanksgiving|easter|screenshot|poster|monument",
    re.IGNORECASE,
)

_SIZES = re.compile(r"/(?!1920x1080|5120x2880)\d+x\d+\.")  # the same wallpaper for other screens


def walk(folder):
    """Yield the path of each picture below a folder and a function that reads it."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink() or not path.is_file():
            continue
        if path.suffix.lower() in _ENDINGS:
            yield name, path.read_bytes
        elif path.suffix.lower() in _ARCHIVES:
            archive = zipfile.ZipFile(path)
            for inner in sorted(archive.namelist()):
                if Path(inner).suffix.lower() in _ENDINGS:
                    yield f"{name}/{inner}", lambda inner=inner, a=archive: a.read(inner)


def read(data, rng, behind):
    """Return a picture as RGB of at most 2048 pixels, over something where it is transparent."""
    image = Image.open(io.BytesIO(data))
    if min(image.size) < LEAST or max(image.size) > 6000:
        return None
    image.draft("RGB", (2048, 2048))
    image.thumbnail((2048, 2048))
    rgba = np.asarray(image.convert("RGBA"), np.float32)
    alpha = rgba[..., 3:] / 255
    if (alpha == 1).all():
        return rgba[..., :3].astype(np.uint8)
    ground = np.full((*rgba.shape[:2], 3), [rng.pick(256) for _ in range(3)], np.float32)
    if behind and rng.chance(0.6):
        ground = cv2.resize(behind[rng.pick(len(behind))], rgba.shape[1::-1]).astype(np.float32)
    return (rgba[..., :3] * alpha + ground * (1 - alpha) + 0.5).astype(np.uint8)


def cut(image, rng):
    """Yield parts of a picture: of a large photo several, at different scales."""
    height, width = image.shape[:2]
    shorter = min(height, width)
    count = 1 if shorter < 500 else 4 if shorter < 900 else 12
    for number in range(count):
        side = shorter if number == 0 else round(rng.ratio(LEAST * 3, shorter))
        top, left = rng.pick(height - side + 1), rng.pick(width - side + 1)
        part = image[top : top + side, left : left + side]
        if number == 0 and max(height, width) < 2 * shorter:
            part = image
        zoom = SIDE / max(part.shape[:2])
        if zoom < 1:
            size = tuple(max(8, round(s * zoom)) for s in part.shape[1::-1])
            part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        if part.std() > 4:
            yield part


def choose(package, most):
    """Return the pictures of a package that may be used, as `walk` yields them."""
    files = [f for f in walk(package) if not _PEOPLE.search(f[0]) and not _SIZES.search(f[0])]
    keys = [hashlib.sha256(name.encode()).digest() for name, _ in files]
    order = sorted(range(len(files)), key=lambda i: keys[i])
    return [(i, files[i][1]) for i in sorted(order[:most])]


def cut_package(package, behind, most):
    """Yield the name and the pixels of each part of the pictures of a package."""
    seen = set()
    for number, load in choose(package, most):
        rng = ExampleRng(3, number)
        try:
            data = load()
            image = read(data, rng, behind)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        key = hashlib.sha256(data).digest()
        if image is None or key in seen:
            continue
        seen.add(key)
        for k, part in enumerate(cut(image, rng)):
            if len(behind) < BEHIND and k > 0:
                behind.append(part)
            yield f"{package.name}/{number:05d}-{k}.jpg", part


def main():
    """Read the command line and write the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without", type=Path)
    parser.add_argument("--most", type=int, default=900, help="pictures of one package")
    options = parser.parse_args()
    without = set(options.without.read_text().split("\n")) if options.without else set()
    behind, total = [], 0
    with zipfile.ZipFile(options.out, "w") as out:
        for package in sorted(p for p in options.folder.iterdir() if p.is_dir()):
            for name, part in cut_package(package, behind, options.most):
                if name.rpartition("-")[0] in without:
                    continue
                data = io.BytesIO()
                Image.fromarray(part).save(data, "JPEG", quality=90)
                out.writestr(name, data.getvalue())
                total += 1
            print(f"{package.name}: {total} so far", flush=True)
    print(f"{total} pictures without a face")


if __name__ == "__main__":
    main()
