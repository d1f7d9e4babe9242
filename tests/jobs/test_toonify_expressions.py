"""Characters are drawn first, and then read."""

import csv
import json
from fractions import Fraction

import av
import numpy as np
import pytest

from facewright.errors import InputError
from facewright.jobs.commands.photos.toonify import Toonify, ToonifyOptions
from facewright.jobs.run import run
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.pipelines.find import FindPipeline
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_clip, publish_image, read_manifest
from facewright.types import Clip, Manifest

FACE = (20, 10, 59, 59)  # left, top, right, bottom


@pytest.fixture
def toonify(detector):
    """Find the first red block, and then a face at its place, whatever is drawn there."""
    red = detector

    class FaceDetector:
        def __init__(self):
            self.last = []

        def find(self, images, *, smallest=None, threshold=0.5):
            found = red.find(images, smallest=smallest, threshold=threshold)
            self.last = next((faces for faces in found if faces), self.last)
            return [self.last[:1] if image[50, 75, 2] > 100 else [] for image in images]

        def follow(self, images, _faces):
            return self.find(images)

    def run_it(source, options):
        find = FindPipeline(finder=FaceDetector(), device="cpu")
        return run(Toonify(options, find=find), [str(source)])

    return run_it


@pytest.fixture
def how(weights, characters, tmp_path):
    """Build options for the tiny generators."""

    def build(name, **changes):
        usual = {"style": characters, "weights": weights, "refine": 0, "consent": "generated"}
        usual["expressions"] = True
        return ToonifyOptions(out=tmp_path / name, **{**usual, **changes})

    return build


@pytest.fixture
def film(paint, tmp_path):
    """A clip of nine frames with sound, two of them dark and without a face."""
    with av.open(tmp_path / "tone.mp4", "w") as out:
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        for _ in range(47):  # about a second
            noise = np.random.default_rng(0).normal(0, 0.1, (1, 1024)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
            frame.sample_rate = 48_000
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    dark = {"ground": (10, 10, 10)}
    frames = [
        paint(*([] if n in (4, 5) else [FACE]), size=(80, 150), **(dark if n in (4, 5) else {}))
        for n in range(9)
    ]
    clip = Clip((150, 80), Fraction(10), iter(frames), 9, sound=str(tmp_path / "tone.mp4"))
    return publish_clip(clip, tmp_path / "film.mp4", Manifest("test", {}))


def measure_sound(path):
    """Return how many seconds of sound a file has."""
    with av.open(path) as file:
        return sum(float(p.duration * p.time_base) for p in file.demux(audio=0) if p.duration)


@pytest.mark.parametrize(
    ("which", "frames"), [({}, 9), ({"every": 3}, 3), ({"every": 4, "fill": True}, 9)]
)
@pytest.mark.parametrize("expressions", [False, True])
def test_sound_goes_along(toonify, film, how, which, frames, expressions):
    made = toonify(film, how("x.mp4", expressions=expressions, **which))
    assert measure_sound(made.files[0]) == pytest.approx(0.9, abs=0.05)
    assert sum(1 for _ in read_clip(made.files[0]).frames) == made.clips[0].frames == frames


def test_every_frame_is_drawn_then_labelled(toonify, film, how):
    drawn = toonify(film, how("drawn.mp4", expressions=False)).files[0]
    made = toonify(film, how("x.mp4"))
    pairs = list(zip(read_clip(drawn).frames, read_clip(made.files[0]).frames, strict=True))
    assert all(np.abs(a.astype(int) - b).max() > 60 for a, b in pairs)  # bars, or "no face"
    assert (made.clips[0].frames, made.clips[0].changed, len(made.files)) == (9, 7, 1)


def test_everything_on_the_way_is_kept_if_asked_for(toonify, film, how):
    alone = toonify(film, how("alone.mp4", expressions=False)).files[0]
    made = toonify(film, how("x.mp4", keep=True))
    names = ["x.mp4", "x-drawn.mp4", "x-timeline.png", "x-expressions.csv", "x-expressions.json"]
    assert [path.name for path in made.files] == names
    _, drawn, timeline, table, record = made.files
    assert digest_unsigned(drawn) == digest_unsigned(alone)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["expression"] == "no face" for row in rows] == [n in (4, 5) for n in range(9)]
    told = json.loads(record.read_text(encoding="utf-8"))
    assert [len(reading["faces"]) for reading in told] == [1] * 4 + [0] * 2 + [1] * 3
    assert read_image(timeline).shape[1] > 600


def test_bars_stand_beside_portraits(toonify, film, how):
    made = toonify(film, how("x.mp4", portrait=True, size=256, every=4))
    clip = read_clip(made.files[0])
    assert clip.size == (256 + 128, 256)
    assert len(list(clip.frames)) == 3


def test_pictures_are_read_as_well(toonify, paint, how, tmp_path):
    photo = publish_image(paint(FACE, size=(80, 150)), tmp_path / "a.png", Manifest("test", {}))
    made = toonify(photo, how("x.png", keep=True))
    names = ["x-drawn.png", "x.png", "x-expressions.csv", "x-expressions.json"]
    assert [path.name for path in made.files] == names
    plain = toonify(photo, how("plain.png", expressions=False)).files[0]
    assert digest_unsigned(made.files[0]) == digest_unsigned(plain)
    assert not np.array_equal(read_image(made.files[1]), read_image(plain))


def test_manifests_say_what_was_read_with(toonify, film, how):
    made = toonify(film, how("x.mp4", keep=True))
    labelled, plain = (read_manifest(path) for path in made.files[:2])
    assert (labelled.task, labelled.parameters["expressions"]) == ("toonify", True)
    assert plain.parameters["expressions"] is False
    assert set(labelled.models) - set(plain.models) == {"expressions"}
    assert "keep" not in labelled.parameters


def test_nothing_is_replaced_and_nothing_is_left_of_a_failure(toonify, paint, film, how, tmp_path):
    with pytest.raises(InputError, match="`keep`") as caught:
        toonify(film, how("x.mp4", expressions=False, keep=True))
    assert "both" in caught.value.hint
    with pytest.raises(InputError, match="beside a portrait of 96 pixels"):
        toonify(film, how("x.mp4", portrait=True, size=96))
    (tmp_path / "x-expressions.csv").write_text("mine")
    with pytest.raises(InputError, match=r"x-expressions\.csv is there already"):
        toonify(film, how("x.mp4", keep=True))
    (tmp_path / "x-expressions.csv").unlink()
    source = film.rename(tmp_path / "x-drawn.mp4")
    with pytest.raises(InputError, match="would replace the source"):
        toonify(source, how("x.mp4", keep=True, overwrite=True))
    frames = [paint(size=(80, 150), ground=(10, 10, 10)) for _ in range(4)]
    empty = Clip((150, 80), Fraction(10), iter(frames), 4)
    path = publish_clip(empty, tmp_path / "empty.mp4", Manifest("test", {}))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="no face was found"):
        toonify(path, how("y.mp4", keep=True))
    assert sorted(tmp_path.iterdir()) == before
