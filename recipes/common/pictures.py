"""Draw the pictures of the documentation that show generated people, with the weights that ship.

    python recipes/common/pictures.py                        # all of docs/assets
    python recipes/common/pictures.py people.png edit.png    # some
    python recipes/common/pictures.py --list                 # which weights drew them

Every picture is what the commands below make: its seeds are those that the guide beside it names,
and nobody chose them by their looks. Pictures of the studio are taken by a browser:
`python -m tests.studio.browser.shoot`.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pictures
from skimage.data import astronaut

from facewright.cli.main import main as run_command
from facewright.device import pick_device
from facewright.files import replacing
from facewright.media.decode import read_image, read_with_alpha
from facewright.media.drawing.sheets import SheetStyle, contact_sheet
from facewright.media.stills.alpha import lay_over
from facewright.media.stills.resize import fit_image
from facewright.pipelines.result import Ingredients, build_manifest
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Image

ASSETS = Path(__file__).parents[2] / "docs/assets"
NASA = "a work of NASA in the public domain"  # skimage.data.astronaut(), Eileen Collins
HEAD = (slice(0, 250), slice(105, 355))
GROUNDS = ((250, 250, 250), (38, 38, 42), (64, 156, 96))

COMMANDS = {
    "demo.jpg": "demo -o demo",
    "people.png": "generate --seeds 0-39 --columns 10 -o people.png",
    "restyle.png": "restyle 9 7 --sheet -o restyle.png",
    "edit.png": "edit 8 --direction age=1,gender=-2,smile=2,pose,background,warmth --sheet "
    "-o edit.png",
    "emoji.png": "emoji --seed 7 --outline --sizes 160 -o emoji.png",
    "emoji-character.png": "emoji --seed 9 --style character --sizes 160 -o emoji-character.png",
    "emoji-toon.png": f"emoji astronaut.png --style toon --sizes 160 --consent '{NASA}' "
    "-o emoji-toon.png",
    "emoji-photo.png": f"emoji astronaut.png --outline --sizes 160 --consent '{NASA}' "
    "-o emoji-photo.png",
    "invert.png": f"invert astronaut.png --tune --consent '{NASA}' -o invert.latents",
}
"""Picture → the command that makes it; the guides show each."""


def run(line: str) -> None:
    """Run a command, or stop."""
    if status := run_command(shlex.split(line)):
        sys.exit(f"facewright {line}: {status}")


def write_sheet(name: str, files: Sequence[Path], image: Image) -> None:
    """Write a picture that is laid out of files; it says what went into them."""
    found = [read_manifest(file) for file in files]
    used = Ingredients()
    for one in found:
        used |= Ingredients(
            models=one.models, sources=one.sources, seeds=one.seeds, consent=one.consent or None
        )
    used = replace(used, seeds=tuple(dict.fromkeys(used.seeds)))
    verb = found[-1].task
    kept = {k: v for k, v in found[-1].parameters.items() if k not in ("picture", "face", "body")}
    manifest = build_manifest(f"{verb} sheet", kept, used, pick_device("cpu"))
    publish_image(image, Path(name), manifest)


def draw_swap(name: str) -> None:
    """People of random seeds on the astronaut."""
    seeds = np.random.default_rng(18).integers(0, 10_000, 4).tolist()
    files = [Path(f"swap-{seed}.png") for seed in seeds]
    for seed, file in zip(seeds, files, strict=True):
        run(f"swap --seed {seed} astronaut.png --consent '{NASA}' -o {file}")
    cells = [np.ascontiguousarray(read_image(x)[HEAD]) for x in (Path("astronaut.png"), *files)]
    labels = ["before", *(f"seed {seed}" for seed in seeds)]
    write_sheet(name, files, contact_sheet(cells, columns=5, labels=labels))


def draw_convert(name: str) -> None:
    """The astronaut, older, younger and worn."""
    ways = ("ageing", "ageing:reverse", "wear")
    files = [Path(f"convert-{way.replace(':', '-')}.png") for way in ways]
    for way, file in zip(ways, files, strict=True):
        run(f"convert astronaut.png --with {way} --consent '{NASA}' -o {file}")
    cells = [np.ascontiguousarray(read_image(x)[HEAD]) for x in (Path("astronaut.png"), *files)]
    sheet = contact_sheet(cells, columns=4, labels=["the picture", *ways])
    write_sheet(name, files, sheet)


def draw_enhance(name: str) -> None:
    """The astronaut and two people at 128 pixels: enlarged without a network, and in both modes."""
    small = cv2.resize(astronaut()[:256, 102:358], (128, 128), interpolation=cv2.INTER_AREA)
    Pictures.fromarray(small).save("small-nasa.png")
    run("generate --seeds 0 -o small-0.png")
    run("generate --seeds 5 -o small-5.png")
    cells, files = [], []
    for one in ("nasa", "0", "5"):
        small = read_image(Path(f"small-{one}.png"))
        cells.append(cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC))
        for mode in ("faithful", "vivid"):
            file = Path(f"{mode}-{one}.png")
            agreed = f" --consent '{NASA}'" if one == "nasa" else ""
            run(f"enhance small-{one}.png --mode {mode} -o {file}{agreed}")
            cells.append(read_image(file))
            files.append(file)
    labels = ["bicubic", "faithful", "vivid"]
    write_sheet(name, files, contact_sheet(cells, columns=3, column_labels=labels))


def draw_expressions(name: str) -> None:
    """Four people with their bars."""
    run("generate --seeds 0-3 --size 256 -o moods")
    run("expressions moods -o moods-read")
    files = sorted(Path("moods-read").glob("*.png"))
    panels = [read_image(file) for file in files]  # their widths differ by a few pixels
    width = max(panel.shape[1] for panel in panels)
    cells = [np.pad(x, ((0, 0), (0, width - x.shape[1]), (0, 0)), "edge") for x in panels]
    write_sheet(name, files, contact_sheet(cells, columns=2, style=SheetStyle(gap=16)))


def draw_toonify(name: str) -> None:
    """Five people, and each of them in the three styles."""
    run("generate --seeds 0-4 --size 256 -o people")
    styles = ("toon", "baby", "character")
    for style in styles:
        run(f"toonify people --style {style} --portrait --size 256 -o {style}")
    rows = [sorted(Path(folder).glob("*.png")) for folder in ("people", *styles)]
    cells = [fit_image(read_image(file), 160) for row in rows for file in row]
    sheet = contact_sheet(cells, columns=5, row_labels=["a person", *styles])
    write_sheet(name, [file for row in rows for file in row], sheet)


def draw_emoji_grounds(name: str) -> None:
    """Emoji of six people as large as in messengers, on three grounds."""
    bands, files = [], []
    for number in range(6):
        run(f"emoji --seed {number + 1} --outline --sizes 72 -o pack-{number + 1}")
        pack = sorted(Path(f"pack-{number + 1}").glob("*-72.png"))
        ground = GROUNDS[number // 2]
        cells = [lay_over(*_read(file), background=ground) for file in pack]
        bands.append(contact_sheet(cells, columns=7, style=SheetStyle(gap=24, background=ground)))
        files += pack
    write_sheet(name, files, np.concatenate(bands))


def _read(path: Path) -> tuple[Image, np.ndarray | None]:
    """Return the colours and the alpha of a picture."""
    found = read_with_alpha(path)
    return found.colours, found.alpha


SHEETS: dict[str, Callable[[str], None]] = {
    "swap.png": draw_swap,
    "convert.png": draw_convert,
    "enhance.png": draw_enhance,
    "expressions.png": draw_expressions,
    "toonify.png": draw_toonify,
    "emoji-grounds.png": draw_emoji_grounds,
}
"""Picture → what lays it out of the results of commands."""


def draw(name: str) -> Path:
    """Draw a picture in the current folder; return where it is."""
    if name in SHEETS:
        SHEETS[name](name)
    else:
        run(COMMANDS[name])
    return Path("demo") / name if name == "demo.jpg" else Path(name)


def list_weights() -> None:
    """Print which weights drew each picture that is there."""
    for name in (*COMMANDS, *SHEETS):
        models = read_manifest(ASSETS / name).models
        print(f"{name}: {', '.join(f'{k} {sha[:8]}' for k, sha in models.items())}")


def main() -> None:
    """Read the command line, and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="of docs/assets; otherwise all")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--list", action="store_true", help="print which weights drew them")
    options = parser.parse_args()
    if options.list:
        list_weights()
        return
    known = [*COMMANDS, *SHEETS]
    if unknown := [name for name in options.names if name not in known]:
        sys.exit(f"no picture is called {unknown[0]}; there are: {', '.join(known)}")
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    for name in options.names or known:
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Pictures.fromarray(astronaut()).save("astronaut.png")
            made = draw(name).read_bytes()
        with replacing(out / name) as unfinished:
            unfinished.write_bytes(made)
        print(f"{out / name}: {time.process_time() - begun:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
