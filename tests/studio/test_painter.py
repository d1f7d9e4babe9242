"""Faces that another process draws: the same bytes, the same errors, and it may die."""

from dataclasses import replace

import pytest

from facewright.errors import InputError, WeightsError
from facewright.jobs.interface.people import FaceChoice, MixPart
from facewright.jobs.interface.seeds import FaceGallery
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
    assert painter.count_layers(None) == here.count_layers(None)
    path = tmp_path / "face.webp"
    path.write_bytes(painter.render(FaceChoice(7, size=24)))
    wanted = here.draw(FaceChoice(7, size=24)).manifest
    assert replace(read_manifest(path), marks={}) == replace(wanted, marks={})


def test_mixes_are_drawn_too(painter):
    one, other = FaceChoice(1), FaceChoice(2)
    none, all_ = (painter.render_mix(one, other, [MixPart(0, 5, amount)]) for amount in (0, 1))
    assert none[:4] == all_[:4] == b"RIFF"
    assert none != all_


def test_errors_come_as_they_are(painter):
    with pytest.raises(InputError, match="gender"):
        painter.render(FaceChoice(7, gender="purple"))
    with pytest.raises(WeightsError):
        painter.render(FaceChoice(7, weights="nothing"))


def test_process_that_was_killed_is_started_again(painter):
    painter._process.kill()
    assert painter.render(FaceChoice(3))[:4] == b"RIFF"
