"""Somebody becomes a character, in a picture and in a clip."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import FileError, InputError, WeightsError
from facewright.jobs.commands.photos.toonify import Toonify, ToonifyOptions
from facewright.jobs.run import run
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.pipelines.consent import shows_nobody
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_clip, publish_image, read_manifest
from facewright.types import Clip, Manifest

FACE = (20, 10, 59, 59)  # left, top, right, bottom
OTHER = (100, 20, 129, 57)


@pytest.fixture
def how(weights, characters, tmp_path):
    """Build options for the tiny generators."""

    def build(name="out.png", **changes):
        usual = {"style": characters, "weights": weights, "refine": 2, "consent": "generated"}
        return ToonifyOptions(out=tmp_path / name, **{**usual, **changes})

    return build


@pytest.fixture
def toonify(find):
    """Draw characters of one source."""

    def run_it(source, options, progress=None):
        return run(Toonify(options, progress, find), [str(source)])

    return run_it


@pytest.fixture
def photo(paint, tmp_path):
    """A picture with one face."""
    image = paint(FACE, size=(80, 150))
    return publish_image(image, tmp_path / "photo.png", Manifest("test", {}))


@pytest.fixture
def film(paint, tmp_path):
    """A clip of seven frames, two of them without a face: longer than is bridged."""
    frames = [paint(*([] if n in (2, 3) else [FACE]), size=(80, 150)) for n in range(7)]
    clip = Clip((150, 80), Fraction(10), iter(frames), 7)
    return publish_clip(clip, tmp_path / "film.mp4", Manifest("test", {}))


def test_face_is_drawn_and_the_rest_of_the_picture_stays(toonify, photo, how):
    made = toonify(photo, how())
    before, after = read_image(photo).astype(int), read_image(made.files[0]).astype(int)
    assert [(one.frames, one.faces) for one in made.pictures] == [(1, 1)]
    assert np.abs(after - before)[25:50, 30:50].mean() > 5
    assert np.array_equal(after[:, 90:], before[:, 90:])


def test_portrait_is_a_picture_of_its_own(toonify, photo, how):
    made = toonify(photo, how(portrait=True, size=96))
    assert read_image(made.files[0]).shape == (96, 96, 3)


def test_strength_goes_from_people_to_characters(toonify, photo, how):
    portrait = {"portrait": True, "size": 64}
    names = {s: f"{s}.png" for s in (0.0, 0.5, 1.0)}
    drawn = {
        s: read_image(toonify(photo, how(name, strength=s, **portrait)).files[0])
        for s, name in names.items()
    }
    gap = np.abs(drawn[0.0].astype(int) - drawn[1.0]).mean()
    part = np.abs(drawn[0.0].astype(int) - drawn[0.5]).mean()
    assert 0 < part < gap


def test_same_options_give_the_same_bytes_and_the_manifest_says_all(toonify, photo, how):
    first, again = how("a.png"), how("b.png")
    one, other = (toonify(photo, options).files[0] for options in (first, again))
    assert digest_unsigned(one) == digest_unsigned(other)
    manifest = read_manifest(one)
    assert manifest.task == "toonify"
    assert {"custom", "tiny", "characters", "face-features"} <= set(manifest.models)
    assert list(manifest.sources) == ["photo/photo.png"]
    assert manifest.parameters["character"] == "characters"
    assert manifest.parameters["encoder"] == "none"
    assert "/" not in str(manifest.parameters)
    assert shows_nobody(str(one))


def test_every_frame_of_a_clip_is_drawn_and_those_without_a_face_stay(toonify, film, how):
    told = []
    made = toonify(film, how("x.mp4"), lambda *done: told.append(done))
    assert (made.clips[0].frames, made.clips[0].changed, made.finished) == (7, 6, True)
    clip = read_clip(made.files[0])
    assert (clip.count, clip.rate) == (7, 10)
    assert told[-1] == (7, 7)


def test_every_third_frame_keeps_its_time(toonify, film, how):
    made = toonify(film, how("x.mp4", every=3))
    clip = read_clip(made.files[0])
    assert made.clips[0].frames == 3
    list(clip.frames)
    times = list(clip.times) if clip.times is not None else [0, 1, 2]
    assert len(times) == 3
    assert float(clip.rate) == pytest.approx(10 / 3, rel=0.02)


def test_frames_between_are_filled(toonify, film, how):
    made = toonify(film, how("x.mp4", every=3, fill=True))
    assert (made.clips[0].frames, made.clips[0].changed) == (7, 6)
    clip = read_clip(made.files[0])
    assert (clip.rate, len(list(clip.frames))) == (10, 7)
    assert read_manifest(made.files[0]).parameters["fill"] is True


def test_a_damaged_clip_is_named_once(toonify, film, how):
    film.write_bytes(film.read_bytes()[:-400])
    with pytest.raises(FileError, match="damaged") as caught:
        toonify(film, how("x.mp4"))
    assert str(caught.value).count(film.name) == 1


def test_portraits_of_a_clip_are_square(toonify, film, how):
    made = toonify(film, how("x.mp4", portrait=True, size=64, every=2))
    clip = read_clip(made.files[0])
    assert clip.size == (64, 64)
    assert len(list(clip.frames)) == 4


def test_the_largest_of_several_faces_is_drawn_or_those_that_are_chosen(
    toonify, paint, tmp_path, how
):
    path = publish_image(
        paint(FACE, OTHER, size=(80, 150)), tmp_path / "two.png", Manifest("test", {})
    )
    before = read_image(path).astype(int)
    for faces, changed in (
        ("largest", (True, False)),
        ("right", (False, True)),
        ("all", (True,) * 2),
    ):
        made = toonify(path, how(f"{faces}.png", faces=faces))
        gap = np.abs(read_image(made.files[0]) - before)
        assert (gap[30:50, 30:50].mean() > 2, gap[30:50, 105:125].mean() > 2) == changed
        assert made.pictures[0].faces == sum(changed)


def test_a_folder_is_drawn_and_what_shows_nobody_is_refused(toonify, paint, how, tmp_path):
    folder = tmp_path / "photos"
    for name, boxes in (("a.png", [FACE]), ("deep/b.jpg", [FACE]), ("none.png", [])):
        publish_image(paint(*boxes, size=(80, 150)), folder / name, Manifest("test", {}))
    made = toonify(folder, how("out"))
    assert {path.name for path in made.files} == {"a.png", "b.jpg"}
    assert [refusal.source for refusal in made.refused] == [str(folder / "none.png")]
    written = {path: path.stat().st_mtime_ns for path in made.files}
    again = toonify(folder, how("out"))
    assert {path: path.stat().st_mtime_ns for path in again.files} == written


def test_what_makes_no_sense_is_refused_before_anything_is_loaded(
    toonify, photo, film, how, tmp_path
):
    for source, options, told in (
        (photo, how(consent=None), "real person"),
        (photo, how("x.mp4"), "is a picture"),
        (film, how("x.png"), "is a clip"),
        (photo, how(every=2), "`every` is for clips"),
        (film, how("x.mp4", fill=True), "every=1"),
        (film, how("x.mp4", every=31, fill=True), "every=31"),
        (photo, how(strength=2.0), "--strength"),
        (photo, how("photo.png", overwrite=True), "is the source"),
        (photo, how(faces="nobody"), "nobody"),
    ):
        with pytest.raises(InputError, match=told):
            toonify(source, options)
    with pytest.raises(FileError, match="there is no"):
        toonify(tmp_path / "none.png", how())


def test_no_face_and_foreign_styles_are_told_apart(toonify, paint, photo, tmp_path, how, thinner):
    empty = publish_image(paint(size=(60, 80)), tmp_path / "empty.png", Manifest("test", {}))
    with pytest.raises(InputError, match="no face was found"):
        toonify(empty, how())
    with pytest.raises(WeightsError, match="architecture"):
        toonify(photo, how(style=thinner))
    with pytest.raises(WeightsError, match="no weights called"):
        toonify(photo, how(style="marble"))
    assert not (tmp_path / "out.png").exists()


def test_style_of_more_pixels_draws_the_latents_of_people(toonify, photo, how, larger):
    made = toonify(photo, how(style=larger, portrait=True, size=64, strength=0.5))
    assert read_image(made.files[0]).shape == (64, 64, 3)


def test_what_is_transparent_stays_so(toonify, paint, how, tmp_path):
    alpha = np.full((80, 150), 255, np.uint8)
    alpha[:, 100:] = 0
    Pillow.fromarray(np.dstack([paint(FACE, size=(80, 150)), alpha])).save(tmp_path / "cutout.png")
    source = tmp_path / "cutout.png"
    after = np.asarray(Pillow.open(toonify(source, how("t.png")).files[0]))
    assert np.array_equal(after[..., 3], alpha)
    assert (read_image(toonify(source, how("t.jpg")).files[0])[:, 110:] > 250).all()
    portrait = toonify(source, how("p.png", portrait=True, size=64)).files[0]
    with Pillow.open(portrait) as picture:
        assert picture.mode == "RGB"
