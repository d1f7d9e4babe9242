"""Weights of other projects at the terminal."""

import json
from pathlib import Path


def test_export_import_and_drawing_work_together(facewright, weights):
    assert facewright("models", "export", weights, "-o", "there.pt") == (0, "there.pt\n", "")
    status, out, err = facewright("models", "import", "there.pt", "-o", "mine.safetensors")
    lines = out.splitlines()
    assert (status, err) == (0, "")
    assert lines[0] == "found: StyleGAN2 of rosinality's project: generator"
    assert {"name: mine", "licence: unknown", "trained_on: unknown"} <= set(lines)
    assert lines[-1] == "mine.safetensors"
    status, *_ = facewright(
        "generate", "--weights", "mine.safetensors", "--seeds", "1", "-o", "x.png"
    )
    assert status == 0
    assert Path("x.png").stat().st_size > 100


def test_what_was_imported_is_told_as_json(facewright, weights):
    facewright("models", "export", weights, "-o", "there.pt")
    words = ("models", "import", "there.pt", "-o", "x.safetensors", "--licence", "MIT", "--json")
    told = json.loads(facewright(*words)[1])
    assert (told["path"], told["card"]["licence"]) == ("x.safetensors", "MIT")


def test_hostile_file_is_an_error_of_two_lines(facewright):
    Path("evil.pkl").write_bytes(b"cos\nsystem\n(S'touch canary'\ntR.")
    status, out, err = facewright("models", "import", "evil.pkl", "-o", "x.safetensors")
    assert (status, out) == (1, "")
    assert err.startswith("error: evil.pkl: no network that can be read")
    assert err.splitlines()[1].startswith("hint: ")
    assert sorted(path.name for path in Path().iterdir()) == ["evil.pkl"]


def test_weights_that_are_not_free_are_not_fetched(facewright, tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_CACHE", str(tmp_path / "cache"))
    status, _, err = facewright("models", "fetch", "stylegan2-ffhq-1024")
    assert status == 1
    assert "--accept-licence" in err
    assert not (tmp_path / "cache").exists()
