"""Render people who never lived: PNG with transparency, and all their numbers beside it.

    python render.py --assets makehuman-cc0 --out runs/heads3d [--first 0] [--count 1320]

Person number k has the style that `ORDER` says, so that a set of any length holds all of them;
every fourth person (`--sets`) is rendered in all seven expressions. What is there already is not
rendered again: the same command goes on after an interruption. Files: `KKKKKK-N.png`, `.json`
(parameters of person and shot), `.npy` ((m, 3) float16: where vertices of the face are, see
`points.json`).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
from frame import frame_of, project
from grounds import soften
from hair import grow_hair
from head import Head, build_head
from materials import Skins
from mesh import Assets
from people import PLAIN_LIGHT, STYLES, draw_person, draw_shot, simplify
from scene import Subject, render
from sound import find_faults
from warp import Warper

from expressions import EXPRESSIONS

ORDER = ("toon", "child", "baby", "toon", "character", "toon", "child", "baby", "toon", "character")
SET_EVERY = 4
_ATTEMPTS, _STRIDE = 8, 10_000_000


def style_of(number: int) -> str:
    """Return the style of a person."""
    return ORDER[number % len(ORDER)]


def shots_of(number: int, every: int = SET_EVERY) -> tuple[str | None, ...]:
    """Return the expressions a person is rendered in; None leaves it to chance."""
    return tuple(EXPRESSIONS) if number % every == every - 1 else (None,)


def face_vertices(assets: Assets) -> np.ndarray:
    """Return the vertices whose places are kept."""
    regions = [assets.region(n).ravel() for n in ("face", "lips", "eyelids")]
    return np.unique(np.concatenate(regions))


def locate(head: Head, shot: dict, style: str) -> np.ndarray:
    """Return where the face's vertices and both irises are in the picture, (m + 10, 3)."""
    left, right, radius = head.eyes
    yaw, pitch = shot["gaze"]
    look = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    rim = 0.6 * radius * np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0)])
    irises = [centre + look * radius * 0.8 + rim for centre in (left, right)]
    points = np.concatenate([head.moved[face_vertices(head.assets)], *irises])
    return project(head.pose(points), frame_of(head, style)).astype(np.float16)


def draw_sound(warper: Warper, number: int, style: str) -> dict:
    """Draw a person; one whose head has faults is drawn anew with another seed."""
    for attempt in range(_ATTEMPTS):
        person = draw_person(number + attempt * _STRIDE, style)
        if not find_faults(build_head(warper, person, {}, (0.0, 0.0, 0.0))):
            break
    return person


def render_person(warper: Warper, skins: Skins, number: int, options: argparse.Namespace) -> None:
    """Render all shots of a person that are not there."""
    style = options.style or style_of(number)
    person = draw_sound(warper, number, style)
    if options.plain:
        simplify(person)
    hair = None
    for index, wanted in enumerate(options.shots or shots_of(number, options.sets)):
        stem = options.out / f"{number:06d}-{index}"
        if stem.with_suffix(".json").exists():
            continue
        started, used = time.time(), time.process_time()
        shot = draw_shot(person["seed"], style, wanted)
        if options.plain:
            shot["light"] = dict(PLAIN_LIGHT)
        head = build_head(warper, person, shot["units"], tuple(shot["turn"]))
        if hair is None:
            hair = grow_hair(head, person["hair"], np.random.default_rng((person["seed"], 5)))
        picture = stem.with_suffix(".part.png")
        render(
            Subject(head, person, shot, hair),
            skins,
            picture,
            size=options.size,
            samples=options.samples,
        )
        np.save(stem.with_suffix(".npy"), locate(head, shot, style))
        cv2.imwrite(
            str(picture), soften(cv2.imread(str(picture), cv2.IMREAD_UNCHANGED), options.size / 256)
        )
        picture.replace(stem.with_suffix(".png"))
        record = {
            "number": number,
            "person": person,
            "shot": shot,
            "size": options.size,
            "samples": options.samples,
            "seconds": round(time.process_time() - used, 2),
        }
        part = stem.with_suffix(".part.json")
        part.write_text(json.dumps(record))
        part.replace(stem.with_suffix(".json"))
        clock = f"{record['seconds']} s, {time.time() - started:.1f} s by the clock"
        print(stem.name, style, shot["expression"], clock, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assets", type=Path, required=True, help="unpacked makehuman-cc0")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--first", type=int, default=0, help="number of the first person")
    parser.add_argument("--count", type=int, default=1320, help="how many people")
    parser.add_argument("--size", type=int, default=256, help="width and height")
    parser.add_argument("--samples", type=int, default=4, help="paths per pixel")
    parser.add_argument(
        "--sets", type=int, default=SET_EVERY, help="one person in so many in all expressions"
    )
    parser.add_argument(
        "--plain", action="store_true", help="one light, plain clothes, fewer hair styles"
    )
    parser.add_argument("--style", choices=STYLES, help="draw everybody in one style")
    parser.add_argument("--only", nargs="+", choices=STYLES, help="people of these styles alone")
    parser.add_argument("--shots", nargs="+", choices=tuple(EXPRESSIONS), help="these expressions")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    warper = Warper(Assets(options.assets))
    skins = Skins(warper.assets)
    (options.out / "points.json").write_text(json.dumps(face_vertices(warper.assets).tolist()))
    for number in range(options.first, options.first + options.count):
        if options.only and style_of(number) not in options.only:
            continue
        render_person(warper, skins, number, options)


if __name__ == "__main__":
    main()
