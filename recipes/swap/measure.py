"""Measure who is recognised after a swap, and whether it fits: on pairs that nothing was tuned on.

    python recipes/swap/measure.py make portraits.zip congress.zip -o kept
    RECOGNISER/bin/python recipes/swap/measure.py report kept --reals reals-128.npz

`make` needs Facewright, `report` the environment of a recogniser that `recipes/common/identity.py`
describes: that recogniser took no part in making, training or tuning anything here.

Pairs follow one rule. Files of both archives are sorted by the sha256 of their name, one picture
per name without its folder, so that nobody comes twice. The first 50 of each archive are kept apart
(seeds 1000 to 1099), the next 30 of each are for tuning (seeds 5000 to 5059). Bodies without a face
are passed over. With --auto, whoever suits a body is chosen, as `swap --seed auto` does; with
--photos, the face is that of another photo, half of them further on.

`report` cuts every face as FairFace does (template `tight`) and prints

* body: the distance of the result to the untouched body, and the share of pairs in which it is
  beyond the threshold, so that the body's owner is not recognised;
* source: the distance to the picture of the made-up face, and the share below the threshold;
* the threshold: the distance below which 0.1 % of the pairs of strangers lie (`--reals`).
"""

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np

KEPT, TUNING = 50, 30  # pairs of each archive
SEEDS = {"kept": 1000, "tuning": 5000}
SIDE = 224  # of the crops that the recogniser sees, in pixels
SHEET = (360, 24)  # pixels of each picture of a sheet, and how many rows there are at most
RIM = (10, 109, 67, 103, 54, 338, 297, 332, 284)  # points of the mesh on the border of the forehead
INWARD = 0.12  # how far inside of them colours are compared, in eye distances


def list_bodies(path):
    """Return name and bytes of the pictures of one archive, in the order of the rule."""
    with zipfile.ZipFile(path) as archive:
        names = {name.rpartition("/")[2]: name for name in archive.namelist()}
        names = [n for n in names.values() if n.lower().endswith((".jpg", ".png"))]
        names.sort(key=lambda name: hashlib.sha256(name.rpartition("/")[2].encode()).hexdigest())
        return [(Path(name).name, archive.read(name)) for name in names]


def list_pairs(archives, part):
    """Yield seed, name and picture of the pairs of a part; nobody is in both parts."""
    taken = {name: set() for name in SEEDS}
    found = {name: [] for name in SEEDS}
    for path in archives:
        bodies = list_bodies(path)
        for wanted, count in (("kept", KEPT), ("tuning", TUNING)):
            chosen = 0
            for name, data in bodies:
                if chosen == count:
                    break
                if any(name in names for names in taken.values()):
                    continue
                taken[wanted].add(name)
                found[wanted].append((f"{path.stem}/{name}", data))
                chosen += 1
    for number, (name, data) in enumerate(found[part]):
        yield SEEDS[part] + number, name, data


def make(options):
    """Put made-up faces onto bodies, measure what needs no recogniser, and write crops."""
    from facewright.faces.align import align
    from facewright.pipelines.configs import SwapConfig
    from facewright.pipelines.photos.swap import SwapPipeline

    swap = SwapPipeline(options.weights, device="cpu")
    config = SwapConfig(**json.loads(options.config))
    out, rows, sheet = options.output, [], []
    out.mkdir(parents=True, exist_ok=True)
    pairs = list(list_pairs(options.archives, options.part))[options.first :: options.step]
    for place, (number, name, data) in enumerate(pairs):
        seed, body = number, decode(data)
        if options.photos:
            seed = decode(pairs[(place + len(pairs) // 2) % len(pairs)][2])
        faces = swap.find(body).faces
        if not faces:
            print(f"{name}: no face", flush=True)
            continue
        if options.auto:
            seed = swap.choose(body, config=config).seed
        prepared = swap.prepare(seed, config=config)
        session = swap.start(prepared, config=config)
        result = session.step(body).image
        portrait, points = prepared.portraits[0], faces[0].points
        crops = {
            "source": align(
                portrait.source.image, portrait.face.points, template="tight", size=128
            ),
            "body": align(body, points, template="tight", size=SIDE),
            "result": align(result, points, template="tight", size=SIDE),
        }
        for kind, crop in crops.items():
            write(out / f"{number}-{kind}.png", crop.image)
        said = {"pair": number, "seed": None if options.photos else seed, "body": name}
        rows.append({**said, **compare(swap, body, result, points)})
        if len(sheet) < SHEET[1]:
            sheet.append([portrait.source.image, *frame(body, result, points)])
    (out / "figures.json").write_text(json.dumps(rows, indent=1) + "\n")
    write(out / "sheet.png", draw_sheet(sheet))
    summarise(rows)


def decode(data):
    """Return the pixels of a file, (height, width, 3), RGB."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(image[..., ::-1])


def compare(swap, body, result, points):
    """Measure pose, eyes, mouth, sharpness and colour before and after, of one face."""
    from facewright.faces.pose import estimate_pose
    from facewright.swap.mesh.regions import measure_eyes, measure_mouth, measure_unit

    found = swap.find(result).faces
    if not found:
        return {"found": False}
    after = found[0].points
    one, two = estimate_pose(points), estimate_pose(after)
    unit = measure_unit(points)
    mask = np.zeros(body.shape[:2], np.uint8)
    from facewright.faces.geometry.topology import OVAL

    middle = points[OVAL, :2].mean(0)
    inner = middle + (points[OVAL, :2] - middle) * 0.75
    cv2.fillPoly(mask, [np.round(inner).astype(np.int32)], 1)
    sharp = [measure_sharpness(image, mask) for image in (body, result)]
    return {
        "found": True,
        "pose": max(abs(getattr(one, a) - getattr(two, a)) for a in ("yaw", "pitch", "roll")),
        "yaw": two.yaw - one.yaw,
        "pitch": two.pitch - one.pitch,
        "roll": two.roll - one.roll,
        "eyes": float(np.abs(measure_eyes(points) - measure_eyes(after)).mean()),
        "mouth": abs(measure_mouth(points) - measure_mouth(after)),
        "sharpness": sharp[1] / max(sharp[0], 1e-6),
        "rim": measure_rim(body, result, points, unit),
    }


def measure_sharpness(image, mask):
    """Return the mean size of the Laplacian of the light of a face."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    size = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    return float(np.minimum(size, 40)[mask > 0].mean())


def measure_rim(body, result, points, unit):
    """Return the median CIE76 difference of the forehead along its border, before and after."""
    radius = max(1, round(0.05 * unit))
    inward = points[152, :2] - points[10, :2]
    inward = inward / max(np.linalg.norm(inward), 1e-6)
    apart = []
    for index in RIM:
        x, y = np.round(points[index, :2] + INWARD * unit * inward).astype(int)
        window = (
            slice(max(y - radius, 0), y + radius + 1),
            slice(max(x - radius, 0), x + radius + 1),
        )
        colours = [image[window].reshape(-1, 3).mean(0) for image in (body, result)]
        if not np.isfinite(colours).all():
            continue
        lab = cv2.cvtColor(np.float32([colours]) / 255, cv2.COLOR_RGB2Lab)[0]
        apart.append(float(np.linalg.norm(lab[0] - lab[1])))
    return float(np.median(apart)) if apart else float("nan")


def frame(body, result, points):
    """Cut body and result to the head, alike."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    middle, half = (low + high) / 2, 0.95 * float((high - low).max())
    left, top = np.maximum(np.round(middle - half - [0, 0.15 * half]), 0).astype(int)
    right, bottom = np.round(middle + half).astype(int)
    return [image[top:bottom, left:right] for image in (body, result)]


def draw_sheet(rows):
    """Draw source, body and result side by side, two pairs in a row."""
    side = SHEET[0]
    cells = [np.hstack([fit(image, side) for image in row]) for row in rows]
    if len(cells) % 2:
        cells.append(np.zeros_like(cells[0]))
    return np.vstack([np.hstack(cells[n : n + 2]) for n in range(0, len(cells), 2)])


def fit(image, side):
    """Scale a picture into a square on black."""
    scale = side / max(image.shape[:2])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    drawn = np.zeros((side, side, 3), np.uint8)
    drawn[: size[1], : size[0]] = small
    return drawn


def write(path, image):
    """Write a picture that stays on this machine."""
    cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]))


def summarise(rows):
    """Print medians, and how many are beyond the limits."""
    there = [row for row in rows if row["found"]]
    print(f"{len(rows)} pairs, {len(rows) - len(there)} results without a face")
    for name in ("pose", "eyes", "mouth", "sharpness", "rim"):
        values = np.array([row[name] for row in there])
        quantiles = np.nanquantile(values, (0.1, 0.5, 0.9)).round(3).tolist()
        print(f"{name}: 10 %, median, 90 %: {quantiles}")
    within = np.mean([row["pose"] <= 3 for row in there])
    print(f"pose within 3 degrees: {within:.2f}")


def report(options):
    """Print who is recognised."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "common"))
    import identity

    reals, _ = identity.load(options.reals)
    threshold = float(
        np.quantile(identity.pairs(reals[identity.first_of_each(reals)]), identity.STRANGERS)
    )
    recogniser, rows = identity.Recogniser(), []
    stored = options.cache or options.folder / "descriptors.json"
    known = json.loads(stored.read_text()) if stored.exists() else {}
    for path in sorted(options.folder.glob("*-result.png")):
        found = {}
        for kind in ("source", "body", "result"):
            data = path.with_name(path.name.replace("result", kind)).read_bytes()
            sha = hashlib.sha256(data).hexdigest()
            if sha not in known:
                image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
                known[sha] = recogniser.embed(np.ascontiguousarray(image))[0].tolist()
            found[kind] = np.array(known[sha])
        to = {kind: float(np.linalg.norm(found["result"] - found[kind])) for kind in found}
        rows.append({"pair": path.name.split("-")[0], **to})
    stored.write_text(json.dumps(known))
    (options.folder / "recognised.json").write_text(json.dumps(rows, indent=1) + "\n")
    body, source = (np.array([row[kind] for row in rows]) for kind in ("body", "source"))
    print(f"{len(rows)} pairs, threshold {threshold:.3f}")
    for kind, values in (("body", body), ("source", source)):
        print(
            f"{kind}: median {np.median(values):.3f}, recognised {(values < threshold).mean():.2f}"
        )
    print(f"nearer to the source than to the body: {(source < body).mean():.2f}")


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(required=True)
    one = tasks.add_parser("make")
    one.add_argument("archives", type=Path, nargs="+")
    one.add_argument("-o", "--output", type=Path, required=True)
    one.add_argument("--part", choices=tuple(SEEDS), default="kept")
    one.add_argument("--weights")
    one.add_argument("--step", type=int, default=1, help="take every so many-th pair")
    one.add_argument("--first", type=int, default=0, help="the first of these")
    one.add_argument("--photos", action="store_true", help="put photos onto photos")
    one.add_argument("--auto", action="store_true", help="choose the seed that suits the body")
    one.add_argument("--config", default="{}", help="fields of SwapConfig as JSON")
    one.set_defaults(run=make)
    two = tasks.add_parser("report")
    two.add_argument("folder", type=Path)
    two.add_argument("--reals", type=Path, required=True)
    two.add_argument("--cache", type=Path, help="descriptors that are known already")
    two.set_defaults(run=report)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
