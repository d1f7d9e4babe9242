"""Measure how alike generated people are, with a face recogniser that no training has seen.

    python -m venv evaluation
    evaluation/bin/pip install dlib-bin face_recognition_models numpy opencv-python-headless
    evaluation/bin/python recipes/common/identity.py embed PICTURES -o pictures.npz
    evaluation/bin/python recipes/common/identity.py report --reals reals.npz --set drawn.npz
        [--train training.npz] [--json report.json]
    evaluation/bin/python recipes/common/identity.py repeats reals.npz training.npz -o again.txt
    evaluation/bin/python recipes/common/identity.py same before.npz after.npz --reals reals.npz

`embed` takes a folder or a zip of tight face crops and stores a descriptor of each picture: dlib's
network for face recognition (King 2017, CC0), 128 numbers, two pictures of one person closer than
about 0.6. Every picture is handled alike: scaled to `--size`, then to 256 pixels, then given a
border of 64 by reflection; the face is where dlib's detector finds it, or else in the rectangle
where it finds most faces in such crops. Pictures that were embedded before are not embedded again.

`report` prints, all at equal counts:

* threshold: the distance below which 0.1 % of the pairs of real strangers lie (`--reals`, which no
  generator was trained on);
* same-person pairs: the share of all pairs within the set that are closer than this threshold;
* the Fréchet distance (times 100) between the set and the reals, beside that between two halves of
  the reals, and that between the training pictures and the reals;
* originality: how near the nearest training picture is to each picture of the set, beside the same
  for the reals; the share nearer than all but 1 % of the reals are (there are too few for 0.1 %),
  and the share as near as two pictures of one person.

FairFace holds several pictures of some people. Of pairs of its pictures closer than 0.34 all that
were looked at show one person, between 0.34 and 0.38 about half of them. Reals are counted once per
person therefore (0.36), and for originality those of people in the training pictures are left out.
`repeats` lists the pictures of people who have come before, in the order of the files named.

`same` compares the pictures of two sets pair by pair: the share that is taken for one person at the
thresholds below which 0.1 % and 1 % of the pairs of real strangers lie.

Pictures of `fairface-frontal.zip` are chosen by `--verdicts fairface-by-eye.csv`, which keeps those
that are best or good, and `--part`: held-out pictures have a sha256 of their file name whose first
byte is below 26.
"""

import argparse
import csv
import hashlib
import json
import zipfile
from importlib.util import find_spec
from pathlib import Path

import cv2
import dlib
import numpy as np

WORKING, BORDER = 256, 64  # pixels
# Median rectangle of dlib's detector in crops of FairFace, as parts of the side of the crop.
USUAL = (0.102, 0.102, 0.941, 0.941)  # left, top, right, bottom
STRANGERS = 0.001  # of the pairs of strangers are closer than the threshold
SAME = 0.36  # pairs of real pictures that are closer show one person
NEAR = 0.01  # of the strangers have a training picture nearer than the level of originality
DRAWS = 20  # random subsets that a distance at equal counts is the mean of
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


def is_held_out(name):
    """Tell whether no generator is trained on a picture: one in ten, by its file name."""
    return hashlib.sha256(name.rpartition("/")[2].encode()).digest()[0] < 26


def read_pictures(path):
    """Yield the name and the bytes of every picture below a folder or in a zip, by name."""
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS):
            yield file.relative_to(path).as_posix(), file.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(n for n in archive.namelist() if n.lower().endswith(ENDINGS)):
            yield name, archive.read(name)


def choose(pictures, verdicts, part):
    """Keep the pictures that are best or good by eye, and those of one part of the split."""
    good = None
    if verdicts:
        with verdicts.open(newline="") as file:
            rows = list(csv.DictReader(file))
        good = {r["file"] for r in rows if r["set"] == "frontal" and r["verdict"] != "flawed"}
    for name, data in pictures:
        if good is not None and name.rpartition("/")[2] not in good:
            continue
        if part != "all" and is_held_out(name) != (part == "held-out"):
            continue
        yield name, data


class Recogniser:
    """dlib's detector, five landmarks and descriptor, from the package with its models."""

    def __init__(self):
        """Load the three models."""
        spec = find_spec("face_recognition_models")
        folder = Path(spec.submodule_search_locations[0]) / "models"
        self.detect = dlib.get_frontal_face_detector()
        self.landmarks = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
        self.network = dlib.face_recognition_model_v1(
            str(folder / "dlib_face_recognition_resnet_model_v1.dat")
        )

    def embed(self, picture):
        """Describe the face of a tight RGB crop: the descriptor [128] and the box, or None."""
        image, found = prepare(picture), None
        boxes = sorted(self.detect(image, 0), key=lambda box: box.area())
        if boxes:
            box = boxes[-1]
            found = (
                np.array([box.left(), box.top(), box.right(), box.bottom()]) - BORDER
            ) / WORKING
        else:
            box = dlib.rectangle(*(round(BORDER + WORKING * part) for part in USUAL))
        shape = self.landmarks(image, box)
        return np.array(self.network.compute_face_descriptor(image, shape)), found


def prepare(picture):
    """Scale a picture to the working size and give it its border."""
    image = scale(picture, WORKING)
    return cv2.copyMakeBorder(image, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REFLECT_101)


def scale(picture, size):
    """Scale a picture to a square of `size` pixels: by area down, by cubic splines up."""
    down = picture.shape[0] > size
    return cv2.resize(
        picture, (size, size), interpolation=cv2.INTER_AREA if down else cv2.INTER_CUBIC
    )


def embed(options):
    """Store the descriptors of a set of pictures; take over those that are stored already."""
    known = {}
    if options.output.exists():
        with np.load(options.output) as old:
            if int(old["size"]) == options.size:
                rows = zip(old["descriptors"], old["boxes"], strict=True)
                known = dict(zip(old["sha256"], rows, strict=True))
    recogniser, names, shas, rows = Recogniser(), [], [], []
    for name, data in choose(read_pictures(options.pictures), options.verdicts, options.part):
        sha = hashlib.sha256(data).hexdigest()
        if sha not in known:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
            descriptor, box = recogniser.embed(scale(np.ascontiguousarray(picture), options.size))
            known[sha] = descriptor, np.full(4, np.nan) if box is None else box
        names.append(name)
        shas.append(sha)
        rows.append(known[sha])
        if len(names) % 100 == 0:
            print(len(names), flush=True)
        if len(names) == options.count:
            break
    if not rows:
        raise SystemExit(f"no picture to embed in {options.pictures}")
    descriptors, boxes = (np.stack(part) for part in zip(*rows, strict=True))
    np.savez(
        options.output,
        names=names,
        sha256=shas,
        descriptors=descriptors,
        boxes=boxes,
        size=options.size,
    )
    missed = int(np.isnan(boxes[:, 0]).sum())
    print(
        f"{len(names)} pictures, {missed} without a face for the detector; median box of the rest"
    )
    print(np.nanmedian(boxes, 0).round(3).tolist())


def distances(one, other):
    """Euclidean distances between rows, [n m]."""
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return np.sqrt(np.maximum(squares, 0))


def pairs(rows):
    """Distances of all pairs of different rows, sorted."""
    return np.sort(distances(rows, rows)[np.triu_indices(len(rows), 1)])


def root(matrix):
    """Square root of a symmetric matrix that is positive semidefinite."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def frechet(one, other):
    """Fréchet distance of two sets of rows as Gaussians (Dowson & Landau 1982), times 100."""
    a, b = np.cov(one.T), np.cov(other.T)
    half = root(a)
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(half @ b @ half), 0)).sum()
    mean = ((one.mean(0) - other.mean(0)) ** 2).sum()
    return 100 * float(mean + np.trace(a) + np.trace(b) - 2 * cross)


def frechet_at(count, one, other, *, apart=False):
    """Mean Fréchet distance of random subsets of `count` rows; `apart`: of one set, in two."""
    rng, found = np.random.default_rng(0), []
    for _ in range(DRAWS):
        first, second = rng.permutation(len(one)), rng.permutation(len(other))
        if apart:
            second = first[count:]
        found.append(frechet(one[first[:count]], other[second[:count]]))
    return float(np.mean(found))


def nearest(rows, training):
    """Distance from each row to the nearest training row, sorted."""
    return np.sort(distances(rows, training).min(1))


def load(path, size=None):
    """Load descriptors, and check that they come from pictures of the same size."""
    with np.load(path) as file:
        found = int(file["size"])
        if size is not None and found != size:
            raise SystemExit(f"{path} has pictures of {found} pixels, the reals of {size}")
        return file["descriptors"], found


def first_of_each(rows):
    """Tell which rows show a person who has not come before, [n]."""
    near = distances(rows, rows) < SAME
    kept = np.zeros(len(rows), bool)
    for i in range(len(rows)):
        kept[i] = not (near[i, :i] & kept[:i]).any()
    return kept


def compare(reals, drawn, training):
    """Measure a set of drawn people beside reals and training pictures (None: not given)."""
    reals = reals[first_of_each(reals)]
    strangers = pairs(reals)
    threshold = float(np.quantile(strangers, STRANGERS))
    count, half = min(len(reals), len(drawn)), min(len(reals) // 2, len(drawn))
    report = {
        "reals": len(reals),
        "drawn": len(drawn),
        "threshold": threshold,
        "same_person_pairs": float((pairs(drawn) < threshold).mean()),
        "median_distance_within": float(np.median(pairs(drawn))),
        "median_distance_of_reals": float(np.median(strangers)),
        "frechet_count": count,
        "frechet": frechet_at(count, drawn, reals),
        "half_count": half,
        "frechet_at_half": frechet_at(half, drawn, reals),
        "frechet_of_real_halves": frechet_at(half, reals, reals, apart=True),
    }
    report["times_real_halves"] = report["frechet_at_half"] / report["frechet_of_real_halves"]
    if training is not None:
        count = min(count, len(training))
        report["frechet_of_training"] = frechet_at(count, training, reals)
        report["times_training"] = report["frechet"] / report["frechet_of_training"]
        report["originality"] = originality(reals, drawn, training)
    return report


def originality(reals, drawn, training):
    """How near the nearest training picture is, for the drawn and for the reals."""
    quantiles = (0.01, 0.05, 0.25, 0.5)
    ours = nearest(drawn, training)
    theirs = nearest(reals, training)
    known = int((theirs < SAME).sum())
    theirs = theirs[known:]
    level = float(np.quantile(theirs, NEAR))
    return {
        "strangers": len(theirs),
        "reals_in_training": known,
        "quantiles": quantiles,
        "drawn": np.quantile(ours, quantiles).tolist(),
        "reals": np.quantile(theirs, quantiles).tolist(),
        "level": level,
        "drawn_nearer_than_level": float((ours < level).mean()),
        "drawn_like_one_person": float((ours < SAME).mean()),
    }


def report(options):
    """Print a line, and write the figures as JSON."""
    reals, size = load(options.reals)
    drawn, _ = load(options.set, size)
    training = load(options.train, size)[0] if options.train else None
    found = {"set": str(options.set), "size": size} | compare(reals, drawn, training)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2) if options.full else line(found))


def repeats(options):
    """Write the names of pictures that show a person who has come before."""
    names, rows = [], []
    for path in options.descriptors:
        with np.load(path) as file:
            names += file["names"].tolist()
            rows.append(file["descriptors"])
    again = [
        n for n, kept in zip(names, first_of_each(np.concatenate(rows)), strict=True) if not kept
    ]
    options.output.write_text("".join(f"{name}\n" for name in again))
    print(f"{len(again)} of {len(names)} pictures show a person who has come before")


def same(options):
    """Print how many pictures show the same person in two sets, pair by pair."""
    reals, size = load(options.reals)
    strangers = pairs(reals[first_of_each(reals)])
    one, other = (load(path, size)[0] for path in (options.before, options.after))
    apart = np.sqrt(((one - other) ** 2).sum(1))
    shares = [
        f"{100 * (apart < (limit := np.quantile(strangers, part))).mean():.1f} % below {limit:.3f}"
        for part in (STRANGERS, NEAR)
    ]
    print(f"{options.after}: median distance {np.median(apart):.3f}; {'; '.join(shares)}")


def line(found):
    """One line that says the figures."""
    text = (
        f"{found['set']}: {100 * found['same_person_pairs']:.2f} % same-person pairs at "
        f"{found['threshold']:.3f}; Fréchet {found['frechet']:.2f} (n {found['frechet_count']}), "
        f"{found['frechet_at_half']:.2f} (n {found['half_count']}), "
        f"{found['times_real_halves']:.2f} times real halves "
        f"({found['frechet_of_real_halves']:.2f})"
    )
    if "originality" in found:
        near = found["originality"]
        text += (
            f", {found['times_training']:.2f} times training pictures "
            f"({found['frechet_of_training']:.2f}); nearest training picture: median "
            f"{near['drawn'][-1]:.3f} (strangers {near['reals'][-1]:.3f}), "
            f"{100 * near['drawn_nearer_than_level']:.1f} % nearer than 99 % of strangers "
            f"({near['level']:.3f}), {100 * near['drawn_like_one_person']:.1f} % like one person"
        )
    return text


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(required=True)
    one = tasks.add_parser("embed")
    one.add_argument("pictures", type=Path)
    one.add_argument("-o", "--output", type=Path, required=True)
    one.add_argument("--size", type=int, default=128, help="scale pictures to this size first")
    one.add_argument("--verdicts", type=Path, help="table of what a person saw")
    one.add_argument("--part", choices=("all", "held-out", "training"), default="all")
    one.add_argument("--count", type=int, help="the first so many")
    one.set_defaults(run=embed)
    two = tasks.add_parser("report")
    for name in ("--reals", "--set"):
        two.add_argument(name, type=Path, required=True)
    two.add_argument("--train", type=Path)
    two.add_argument("--json", type=Path)
    two.add_argument("--full", action="store_true", help="print all figures")
    two.set_defaults(run=report)
    three = tasks.add_parser("repeats")
    three.add_argument("descriptors", type=Path, nargs="+")
    three.add_argument("-o", "--output", type=Path, required=True)
    three.set_defaults(run=repeats)
    four = tasks.add_parser("same")
    four.add_argument("before", type=Path)
    four.add_argument("after", type=Path)
    four.add_argument("--reals", type=Path, required=True)
    four.set_defaults(run=same)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
