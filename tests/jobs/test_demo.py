"""The page that shows what Facewright does."""

import re
from pathlib import Path

import pytest

from facewright.gan.weights import NO_LABELS, LabelTable, load_labels
from facewright.hub.bundle import load_bundle
from facewright.jobs.commands.demo.make import DemoOptions, make_demo, plan_exhibits
from facewright.jobs.commands.demo.page import format_command, render_page
from facewright.jobs.commands.draw.interpolate import InterpolateOptions
from facewright.provenance.publish import read_manifest
from facewright.types import Card


@pytest.mark.slow
def test_demo_shows_what_it_made_and_replaces_only_that(weights, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for _ in range(2):
        page = make_demo(
            options=DemoOptions(out=tmp_path, weights=weights, device="cpu", precision="float32")
        )
    text = page.read_text(encoding="utf-8")
    shown = set(re.findall(r'src="([^"]+)"', text))
    assert shown == {"people.png", "labels.png", "mix.png", "clip.mp4"}
    assert all(read_manifest(tmp_path / name).models for name in shown)
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {*shown, "index.html", "notes.txt"}


def exhibits(labels):
    return plan_exhibits(Path("demo"), labels, {"weights": "faces", "overwrite": True})


def test_labels_are_shown_only_where_there_are_some(weights):
    labels = load_labels(load_bundle(Path(weights)))
    assert len(exhibits(labels)) == len(exhibits(NO_LABELS)) + 1
    one = LabelTable(labels.groups[:1], labels.vectors[:, :3], labels.counts)
    assert exhibits(one)[1].options.vary == "age"


def test_page_needs_nothing_from_elsewhere():
    page = render_page(exhibits(NO_LABELS), Card("x", "generator", notes="<b>"), set())
    assert not re.findall(r"https?:|<script|@import|url\(", page)
    assert "$" not in page


def test_command_turns_flags_off_by_name():
    options = InterpolateOptions(seeds="1,2", loop=False, overwrite=True, out=Path("c.mp4"))
    assert format_command("interpolate", options, set()) == (
        "facewright interpolate --seeds 1,2 --overwrite --no-loop --out c.mp4"
    )


def test_page_tells_no_path_of_this_machine():
    shown = plan_exhibits(Path("/home/me/demo"), NO_LABELS, {"weights": "/home/me/x.safetensors"})
    page = render_page(shown, Card("x", "generator"), set())
    assert "--weights x.safetensors" in page
    assert "/home/me" not in page
