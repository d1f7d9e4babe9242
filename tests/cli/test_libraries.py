"""Collecting and auditing at the terminal."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow


@pytest.fixture
def photos(facewright):
    """Two pictures and a broken one, in the working folder."""
    Path("photos").mkdir()
    for seed in range(2):
        noise = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Pillow.fromarray(noise).save(f"photos/{seed}.png")
    Path("photos/broken.jpg").write_bytes(b"")
    return facewright


def test_collect_counts_and_names_what_it_refuses(photos):
    status, out, err = photos("collect", "photos", "-o", "library", "--licence", "CC0-1.0")
    assert status == 1
    assert out == "added: 2\nrefused: 1\nin library: 2\n"
    assert err == "refused: photos/broken.jpg: is empty\n"
    words = ("collect", "photos", "-o", "library", "--licence", "CC0-1.0", "--lenient")
    status, out, _ = photos(*words)
    assert (status, out) == (0, "added: 0\nalready there: 2\nrefused: 1\nin library: 2\n")
    status, out, _ = photos(*words[:-1], "--json")
    assert status == 1
    assert json.loads(out)["counts"]["refused"][0]["reason"] == "is empty"


def test_several_sources_are_named_in_a_row(photos):
    Path("photos/broken.jpg").unlink()
    words = ("photos/0.png", "photos/1.png", "-o", "library", "--licence", "mine")
    assert photos("collect", *words)[:2] == (0, "added: 2\nrefused: 0\nin library: 2\n")


def test_audit_prints_tables_and_writes_a_picture(photos):
    photos("collect", "photos", "-o", "library", "--licence", "CC0-1.0")
    status, out, _ = photos("audit", "library", "-o", "report.png")
    assert status == 0
    assert out.startswith("library: library\npictures: 2\nremoved: 0\n\nlicence:\n")
    assert "  (missing)        2  100.0%" in out
    assert Path("report.png").is_file()
    entry = json.loads(Path("library/manifest.jsonl").read_text().splitlines()[0])
    status, out, _ = photos("audit", "library", "--remove", entry["sha256"][:12], "--json")
    assert (status, json.loads(out)["removed"]) == (0, 1)
    Path("library/pictures").rename("moved")
    status, out, _ = photos("audit", "library")
    assert status == 1
    assert "damaged: 1\n" in out


def test_collect_needs_a_licence(photos):
    status, _, err = photos("collect", "photos", "-o", "library")
    assert status == 2
    assert "--licence" in err
    assert not Path("library").exists()
