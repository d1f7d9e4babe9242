"""Make pictures without faces, for the two networks to learn what is none.

    python recipes/finder/empty.py merged.npz FOLDER empty.zip --faceless FACELESS.zip

`FOLDER` holds the archives that were labelled, `FACELESS.zip` is what `faceless.py` writes. Three
kinds of pictures: those of `FACELESS.zip`; pictures of the training files whose face is erased
(filled from its border, or with something else), so that hair, hats and clothes alone are no face;
and drawn ones: colours, waves, noise, shapes, stripes, letters, and pairs of spots.
"""

import argparse
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from split import is_test

from facewright.faces.geometry.topology import OVAL
from facewright.faces.training.example_rng import ExampleRng

ERASED, DRAWN = 2400, 700


def erase(image, points, other, rng):
    """Return a picture without its face."""
    oval = points[OVAL, :2]
    middle = oval.mean(0)
    mask = np.zeros(image.shape[:2], np.uint8)
    outline = middle + (oval - middle) * rng.between(1.02, 1.25)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255)
    if rng.chance(0.5):
        small = [
            cv2.resize(x, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
            for x in (image, mask)
        ]
        filled = cv2.inpaint(small[0], (small[1] > 0).astype(np.uint8), 3, cv2.INPAINT_TELEA)
        fill = cv2.resize(filled, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        fill = np.clip(fill + rng.between(0, 8) * rng.noise(image.shape), 0, 255)
    else:
        fill = cv2.resize(other, image.shape[1::-1])
    share = cv2.GaussianBlur(mask, (0, 0), rng.between(1, 6))[..., None] / 255
    return (image * (1 - share) + fill * share).astype(np.uint8)


def draw(rng, side=224):  # noqa: C901, PLR0912 - one kind of mark after the other
    """Return a drawn picture."""
    image = np.full((side, side, 3), [rng.pick(256) for _ in range(3)], np.uint8)
    for octave in range(rng.pick(5)):
        coarse = rng.noise((2 << octave, 2 << octave, 3)) * rng.between(5, 60)
        image = np.clip(
            image + cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), 0, 255
        )
    image = np.ascontiguousarray(image.astype(np.uint8))
    if rng.chance(0.3):
        period, angle = rng.ratio(4, 60), rng.between(0, np.pi)
        y, x = np.mgrid[:side, :side]
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
        image = np.clip(image + rng.between(10, 90) * wave[..., None], 0, 255).astype(np.uint8)
    for _ in range(rng.pick(14)):
        colour = [rng.pick(256) for _ in range(3)]
        a, b = ((rng.pick(side), rng.pick(side)) for _ in range(2))
        kind, thick = rng.pick(5), rng.pick(6) - 1
        if kind == 0:
            cv2.rectangle(image, a, b, colour, thick, cv2.LINE_AA)
        elif kind == 1:
            axes = (4 + rng.pick(80), 4 + rng.pick(80))
            cv2.ellipse(image, a, axes, rng.between(0, 180), 0, 360, colour, thick, cv2.LINE_AA)
        elif kind == 2:
            cv2.line(image, a, b, colour, 1 + rng.pick(12), cv2.LINE_AA)
        elif kind == 3:
            word = "".join(chr(65 + rng.pick(58)) for _ in range(1 + rng.pick(9)))
            cv2.putText(
                image,
                word,
                a,
                rng.pick(4),
                rng.between(0.4, 3),
                colour,
                1 + rng.pick(3),
                cv2.LINE_AA,
            )
        else:  # two spots, and perhaps something between or around them: no face either
            apart, spot = 10 + rng.pick(50), 2 + rng.pick(14)
            for sign in (-1, 1):
                cv2.circle(image, (a[0] + sign * apart, a[1]), spot, colour, -1, cv2.LINE_AA)
            if rng.chance(0.5):
                cv2.circle(image, a, round(2.2 * apart), colour, 2, cv2.LINE_AA)
    return image


def read(archive, name):
    """Return a picture as RGB."""
    return np.asarray(Image.open(archive.open(name)).convert("RGB"))


def main():
    """Read the command line and write the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("empty", type=Path)
    parser.add_argument("--faceless", type=Path, required=True)
    options = parser.parse_args()
    rng = ExampleRng(0, 0)
    faceless = zipfile.ZipFile(options.faceless)
    names = faceless.namelist()
    pictures = [draw(rng) for _ in range(DRAWN)]
    grounds = [read(faceless, names[rng.pick(len(names))]) for _ in range(DRAWN)] + pictures
    with np.load(options.labels) as file:
        archives, faces, points = file["archives"], file["names"], file["points"]
    opened = {a: zipfile.ZipFile(options.folder / str(a)) for a in np.unique(archives)}
    mine = [i for i in range(len(faces)) if not is_test(str(faces[i]))]
    for _ in range(ERASED):
        i = mine[rng.pick(len(mine))]
        image = read(opened[archives[i]], str(faces[i]))
        pictures.append(erase(image, points[i], grounds[rng.pick(len(grounds))], rng))
    with zipfile.ZipFile(options.empty, "w") as out:
        for number, picture in enumerate(pictures):
            data = io.BytesIO()
            Image.fromarray(picture).save(data, "JPEG", quality=92)
            out.writestr(f"{number:05d}.jpg", data.getvalue())
        for name in names:
            out.writestr(name, faceless.read(name))
    print(f"{len(pictures) + len(names)} pictures without a face")


if __name__ == "__main__":
    main()
