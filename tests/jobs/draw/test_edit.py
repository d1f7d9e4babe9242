"""A face moves along directions."""

import numpy as np
import pytest

from facewright.errors import FacewrightError, InputError
from facewright.jobs.commands.draw.edit import EditOptions, edit_face
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.remake import remake_file
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest


@pytest.fixture
def edit(weights, directions, tmp_path):
    def run(face, name="e.png", *, progress=None, **options):
        given = {"weights": weights, "directions": directions, "batch": 4, **options}
        chosen = EditOptions(out=tmp_path / name, **given)
        [path] = edit_face(face, options=chosen, progress=progress)
        return path

    return run


def test_a_step_of_nothing_leaves_the_face_as_it_is(edit, weights, tmp_path):
    options = GenerateOptions(seeds="1", out=tmp_path / "one.png", weights=weights, batch=4)
    [own] = generate_faces(options)
    still = edit("1", direction=("smile",), strength=0.0)
    assert np.array_equal(read_image(still), read_image(own))
    moved = edit("1", "moved.png", direction=("smile",), strength=2.0)
    assert not np.array_equal(read_image(moved), read_image(own))


def test_directions_go_together_each_by_its_own_amount(edit):
    both = edit("1", direction=("smile=2,age=-1",))
    apart = edit("1", "apart.png", direction=("smile", "age=-1.0"), strength=2.0)
    assert np.array_equal(read_image(both), read_image(apart))
    smile = edit("1", "smile.png", direction=("smile",))
    assert not np.array_equal(read_image(both), read_image(smile))


def test_without_a_step_a_direction_goes_to_2_or_to_its_end(edit):
    path = edit("1", direction=("smile", "age"))
    assert read_manifest(path).parameters["direction"] == ["smile=2", "age=1.5"]
    with pytest.raises(InputError, match=r"`age` goes 1\.5 units either way, not 2"):
        edit("1", "far.png", direction=("age",), strength=2.0)


def test_only_the_layers_that_are_named_move(edit):
    whole = edit("1", direction=("smile",))
    part = edit("1", "part.png", direction=("smile",), layers="coarse")
    assert not np.array_equal(read_image(whole), read_image(part))


def test_a_sheet_goes_from_one_way_to_the_other(edit):
    told = []
    path = edit(
        "1", sheet=True, steps=3, size=40, progress=lambda *done: told.append(done)
    )  # both directions, since none is named
    height, width = read_image(path).shape[:2]
    assert 2 * 40 < height < width
    assert width > 3 * 40
    assert told[-1] == (6, 6)


def test_directions_of_the_closed_form_need_no_file(edit):
    path = edit("1", direction=("sefa-1", "sefa-2=-1"), directions=None, layers="0-3")
    assert list(read_manifest(path).models) == ["tiny"]
    assert read_manifest(path).parameters["directions"] is None


def test_the_manifest_says_everything(edit):
    manifest = read_manifest(edit("1", direction=("smile",)))
    assert (manifest.task, manifest.seeds, manifest.consent) == ("edit", (1,), "generated")
    assert sorted(manifest.models) == ["tiny", "ways"]
    assert manifest.parameters["direction"] == ["smile=2"]
    assert manifest.parameters["directions"] == "ways"


def test_an_edit_is_made_again(edit, weights, keep_latents, tmp_path):
    path = edit("1", direction=("sefa-1",), directions=None)
    assert remake_file(path, weights=weights).likeness == "bytes"
    kept = keep_latents(tmp_path / "face.latents")
    path = edit(kept, "l.png", direction=("sefa-2",), directions=None, consent="self")
    assert remake_file(path, weights=weights).likeness == "bytes"


def test_directions_of_another_generator_are_refused(edit, plain_weights):
    with pytest.raises(InputError, match="belong to the generator `tiny`.*not `plain`") as caught:
        edit("1", direction=("smile",), weights=plain_weights)
    assert "use that generator" in caught.value.hint


def test_directions_that_ship_are_for_the_starters(edit):
    with pytest.raises(InputError, match="no directions ship for the generator `tiny`"):
        edit("1", direction=("smile",), directions=None)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, "no direction is named"),
        ({"direction": ("smyle",)}, "no direction is called `smyle`"),
        ({"direction": ("smile=a",)}, "`smile=a` is no direction"),
        ({"direction": ("sefa-9",)}, "no direction is called `sefa-9`"),
        ({"direction": ("smile",), "strength": 3.5}, "goes 3 units either way"),
        ({"direction": ("smile",), "strength": float("nan")}, "--strength is -100"),
        ({"sheet": True, "steps": 1}, "--steps is 2 to"),
        ({"direction": ("smile",), "name": "e.mp4"}, "no extension"),
    ],
)
def test_mistakes_are_told(edit, options, error):
    with pytest.raises(FacewrightError, match=error) as caught:
        edit("1", **options)
    assert caught.value.hint
