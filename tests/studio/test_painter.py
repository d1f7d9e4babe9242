"""Faces that another process draws: the same bytes, the same errors, and it may die."""

from dataclasses import replace

import pytest

from facewright.errors import InputError, WeightsError
from facewright.jobs.commands.remake import remake_file
from facewright.jobs.interface.people import FaceChoice
from facewright.jobs.interface.seeds import FaceGallery
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest
from facewright.studio.processes.painter import Painter


@pytest.fixture(scope="module")
def painter(weights):
    made = Painter(weights)
    yield made
    made.close()


def test_another_process_draws_the_same(painter, weights, tmp_path):
    here = FaceGallery(weights)
    assert painter.list_options() == here.list_options()
    assert painter.list_layers() == here.list_layers()
    path = tmp_path / "face.webp"
    path.write_bytes(painter.render(FaceChoice(7, size=24)))
    wanted = here.draw(FaceChoice(7, size=24)).manifest
    assert replace(read_manifest(path), marks={}) == replace(wanted, marks={})


def test_mix_is_remade_by_its_manifest(painter, weights, tmp_path):
    one, other = FaceChoice(1), FaceChoice(2, gender="f")
    mixed = {}
    for layers in ("", "none", "0-1:0.5,2-3", "all"):
        path = tmp_path / f"{len(mixed)}.webp"
        path.write_bytes(painter.render_mix(one, other, layers))
        assert remake_file(path, weights=weights).likeness == "bytes"
        mixed[layers] = read_image(path).tobytes()
    assert mixed[""] == mixed["none"]
    assert len(set(mixed.values())) == 3
    assert read_manifest(path).parameters["style"] == "2:gender=f"


def test_errors_come_as_they_are(painter):
    with pytest.raises(InputError, match="gender"):
        painter.render(FaceChoice(7, gender="purple"))
    with pytest.raises(WeightsError):
        painter.render(FaceChoice(7, weights="nothing"))


def test_process_that_was_killed_is_started_again(painter):
    painter._process.kill()
    assert painter.render(FaceChoice(3))[:4] == b"RIFF"
