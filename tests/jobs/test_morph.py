"""One face becomes another: as a clip, as a sheet; and the mean of several."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import FacewrightError, InputError
from facewright.hub.bundle import file_sha256
from facewright.jobs.commands.photos.morph import (
    MorphOptions,
    check_morph,
    morph_pictures,
    morph_with,
)
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.pipelines.draw.invert import InvertPipeline
from facewright.pipelines.photos.morph import MorphPipeline
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Manifest


@pytest.fixture
def pair(paint, tmp_path):
    """Two pictures with a face in different places."""
    paths = tmp_path / "a.png", tmp_path / "b.png"
    Pillow.fromarray(paint((10, 10, 69, 79), size=(100, 120))).save(paths[0])
    Pillow.fromarray(paint((40, 20, 109, 89), size=(100, 120), ground=(90, 200, 60))).save(paths[1])
    return paths


@pytest.fixture
def morph(find):
    def run(pictures, out, *, progress=None, **options):
        chosen = MorphOptions(**{"out": out, "consent": "Ada agreed", **options})
        named = [str(name) for name in pictures]
        consent = check_morph(named, chosen)
        pipeline = MorphPipeline(find=find, device="cpu")
        return morph_with(pipeline, named, chosen, consent, progress)

    return run


def test_a_clip_goes_from_one_to_the_other(morph, pair, tmp_path):
    told = []
    path = morph(
        pair, tmp_path / "m.mp4", steps=9, fps=24, progress=lambda *done: told.append(done)
    )
    clip = read_clip(path)
    frames = list(clip.frames)
    assert (len(frames), clip.rate, clip.size) == (9, 24, (120, 100))
    for frame, name in ((frames[0], pair[0]), (frames[-1], pair[1])):
        assert np.abs(frame.astype(int) - read_image(name)).mean() < 6
    assert told == [(number, 9) for number in range(1, 10)]


def test_a_loop_comes_back_and_shows_both_ends_once(morph, pair, tmp_path):
    path = morph(pair, tmp_path / "m.gif", steps=5, fps=10, loop=True)
    frames = list(read_clip(path).frames)
    assert len(frames) == 8
    assert np.abs(frames[1].astype(int) - frames[7]).mean() < 6


def test_without_a_number_a_clip_has_60_steps_and_a_sheet_6(morph, pair, tmp_path):
    path = morph(pair, tmp_path / "m.mp4")
    assert len(list(read_clip(path).frames)) == 60
    path = morph(pair, tmp_path / "m.png", columns=6)
    assert read_image(path).shape[1] > 6 * 120
    assert read_manifest(path).parameters["steps"] == 6


def test_the_manifest_says_everything(morph, pair, tmp_path):
    path = morph(pair, tmp_path / "m.png", steps=3, consent="both agreed")
    manifest = read_manifest(path)
    assert (manifest.task, manifest.consent) == ("morph", "both agreed")
    assert manifest.parameters["pictures"] == ["a.png", "b.png"]
    assert manifest.sources == {
        "1/a.png": file_sha256(pair[0]),
        "2/b.png": file_sha256(pair[1]),
    }


def test_a_morph_of_generated_people_says_so(morph, pair, tmp_path):
    made = [
        publish_image(read_image(path), tmp_path / f"g{path.name}", Manifest("generate", {}))
        for path in pair
    ]
    path = morph(made, tmp_path / "m.png", consent=None)
    assert read_manifest(path).consent == "generated"
    with pytest.raises(InputError, match="may show a real person"):
        morph([made[0], pair[1]], tmp_path / "n.png", consent=None)


@pytest.fixture
def through_latents(find, inverting):
    """Morph through the latents of the tiny generator."""

    def run(pictures, out, **options):
        chosen = MorphOptions(
            out=out, consent="Ada agreed", through_latents=True, refine=2, size=40, **options
        )
        named = [str(name) for name in pictures]
        pipeline = MorphPipeline(find=find, device="cpu")
        pipeline.invert = inverting(InvertPipeline)
        return morph_with(pipeline, named, chosen, check_morph(named, chosen))

    return run


def test_a_generator_draws_its_own_way_and_the_warp_stands_below(through_latents, pair, tmp_path):
    path = through_latents(pair, tmp_path / "m.png", steps=4)
    height, width = read_image(path).shape[:2]
    assert 4 * 40 < width < 8 * 40
    assert 2 * 40 < height < 3 * 40
    manifest = read_manifest(path)
    assert manifest.parameters["weights"] == "tiny"
    assert manifest.parameters["pictures"] == ["a.png", "b.png"]
    assert manifest.sources["2/b.png"] == file_sha256(pair[1])
    clip = read_clip(through_latents(pair, tmp_path / "m.mp4", steps=4, loop=True))
    assert len(list(clip.frames)) == 6
    assert clip.size == (40, 40)


def test_the_ends_of_the_way_are_what_the_generator_draws(find, inverting, pair):
    pipeline = MorphPipeline(find=find, device="cpu")
    pipeline.invert = inverting(InvertPipeline)
    way = pipeline.through_latents([str(one) for one in pair], steps=3, refine=0)
    first = pipeline.invert(str(pair[0]), refine=0)
    assert np.array_equal(way.drawn[0], first.image)
    assert len(way.drawn) == len(way.warped) == 3


def test_the_mean_of_several_is_one_picture(morph, pair, tmp_path):
    path = morph([*pair, pair[0]], tmp_path / "mean.png", average=True, size=128)
    mean = read_image(path)
    assert mean.shape == (128, 128, 3)
    assert mean[64, 64, 0] > 200
    assert len(read_manifest(path).sources) == 3


@pytest.mark.parametrize(
    ("names", "options", "error"),
    [
        (["a"], {}, "not through 1"),
        (["a", "b", "a"], {}, "not through 3"),
        (["a"], {"average": True}, "two faces or more"),
        (["a", "none.png"], {}, "there is no picture none.png"),
        (["a", "b"], {"out": Path("x.txt")}, "no extension"),
        (["a", "b"], {"out": Path("x.mp4"), "average": True}, "no extension"),
        (["a", "b"], {"average": True, "steps": 9}, "--steps is for a morph"),
        (["a", "b"], {"average": True, "loop": True}, "--loop is for a morph"),
        (["a", "b"], {"average": True, "through_latents": True}, "--through-latents is for"),
        (["a", "b"], {"average": True, "columns": 2}, "--columns is for a morph"),
        (["a", "b"], {"steps": 1}, "--steps is 2 to"),
        (["a", "b"], {"fps": 0}, "--fps is 1 to"),
    ],
)
def test_mistakes_are_told_before_anything_is_loaded(pair, names, options, error):
    known = {"a": str(pair[0]), "b": str(pair[1])}
    options = MorphOptions(**{"out": Path("x.png"), **options})
    with pytest.raises(FacewrightError, match=error) as caught:
        morph_pictures([known.get(name, name) for name in names], options=options)
    assert caught.value.hint


def test_a_picture_without_a_face_is_named_and_leaves_no_file(morph, pair, tmp_path):
    Pillow.new("RGB", (90, 90)).save(tmp_path / "dark.png")
    with pytest.raises(InputError, match=r"dark\.png: no face was found"):
        morph([pair[0], tmp_path / "dark.png"], tmp_path / "x.mp4")
    assert not (tmp_path / "x.mp4").exists()


def test_a_source_is_never_replaced(morph, pair):
    before = Path(pair[0]).read_bytes()
    for average in (False, True):
        with pytest.raises(InputError, match="one of the sources"):
            morph(pair, Path(pair[0]), average=average, overwrite=True)
    assert Path(pair[0]).read_bytes() == before
