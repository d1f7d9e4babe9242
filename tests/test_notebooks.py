"""The notebooks run from the first cell to the last, on a tiny set."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from facewright.errors import InputError
from facewright.notebook import draw_losses, train
from facewright.provenance.publish import read_manifest
from facewright.training.names import snapshot_kimg

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def write_faces(folder: Path, count: int = 12, size: int = 64) -> None:
    """Write blurred random pictures where the notebooks look for faces."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        picture = cv2.GaussianBlur(rng.integers(0, 256, (size, size, 3), np.uint8), (9, 9), 0)
        cv2.imwrite(str(folder / f"{number:02d}.png"), picture)


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_trains_draws_and_goes_on(notebook, tmp_path):
    """Run twice: the second time, the run is there already."""
    shutil.copy(notebook, tmp_path)
    write_faces(tmp_path / "faces")
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "pytest", "--nbmake", notebook.name, "-q"]
    for _ in range(2):
        done = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    weights = list(tmp_path.glob("runs/*/snapshot-*.safetensors"))
    assert max(snapshot_kimg(path) for path in weights) == pytest.approx(0.04, abs=0.01)
    assert read_manifest(tmp_path / "people.png").task == "generate"


def test_a_run_shows_its_pictures_and_losses(progressive_options, tiny_archive, tmp_path, capsys):
    asked = {"dataset": tiny_archive, "outdir": tmp_path / "run", "device": "cpu"}
    outdir = train("stylegan1", {**progressive_options().to_json(), **asked})
    assert draw_losses(outdir).startswith(b"\x89PNG")
    assert "IPython.core.display.Image" in capsys.readouterr().out  # outside of a notebook
    assert len(list(outdir.glob("fakes-*.png"))) == 6


def test_parameters_that_nobody_knows_are_named(tmp_path):
    with pytest.raises(InputError, match="n_samples"):
        train("stylegan1", {"dataset": "faces", "outdir": tmp_path, "n_samples": 3})
    with pytest.raises(InputError, match="outdir"):
        train("generator", {"dataset": "faces"})
