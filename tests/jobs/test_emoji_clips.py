"""The emoji that fits lies over the face of whoever clips and cameras show."""

import contextlib
from fractions import Fraction

import numpy as np
import pytest
from tests.expressions.conftest import TINY, build

from facewright.errors import InputError
from facewright.expressions.classifier import EXPRESSIONS as NAMED
from facewright.expressions.classifier import KIND, pack_classifier
from facewright.expressions.reader import NamedFace
from facewright.faces.detection.blocks import fold_norms
from facewright.hub.bundle import save_bundle
from facewright.jobs.commands.photos.emoji.make import Emoji, EmojiOptions, make_emoji
from facewright.jobs.run import run
from facewright.media.video import read_clip
from facewright.pipelines.photos.emoji import DisguiseSession, EmojiResult
from facewright.pipelines.result import Ingredients
from facewright.provenance.publish import publish_clip, publish_image, read_manifest
from facewright.toon.emoji import EXPRESSIONS, find_window
from facewright.toon.heads.upright import SIDE
from facewright.types import Card, Clip, Manifest


class Watcher:
    """A viewer that keeps what it sees, takes a snapshot, and has seen enough after six frames."""

    def __init__(self):
        self.views = []

    @contextlib.contextmanager
    def open(self, live, _options):
        self.live = live
        yield self

    @property
    def closed(self):
        return len(self.views) >= 6

    def show(self, view):
        self.views.append(view)
        if len(self.views) == 1:
            self.live.take_snapshot()


class Reader:
    """Reads one expression after the other."""

    used = Ingredients(models={"e": "1"})

    def __init__(self, finder):
        self._finder, self._count = finder, 0

    def read(self, image, _seconds):
        self._count += 1
        shares = np.eye(len(NAMED), dtype=np.float32)[self._count % 2]
        (faces,) = self._finder.find([image])
        return [NamedFace(number, face, shares) for number, face in enumerate(faces, 1)]


@pytest.fixture
def pack():
    """Emoji of one colour each, which tells which one it is."""
    colours = {name: (10 * number, 200, 50) for number, name in enumerate(EXPRESSIONS, 1)}
    emoji = {name: np.full((SIDE, SIDE, 4), (*c, 255), np.uint8) for name, c in colours.items()}
    sheet, window = emoji["happy"], find_window(list(emoji.values()))
    manifest = Manifest("emoji", {}, consent="self")
    return EmojiResult(
        sheet, manifest, emoji=emoji, window=window, draw=lambda name, _: emoji[name]
    )


@pytest.fixture
def photo(paint, tmp_path):
    """A picture with a face and space around it."""
    image = paint((70, 90, 129, 169), size=(240, 200))
    return str(publish_image(image, tmp_path / "photo.png", Manifest("generate", {})))


@pytest.fixture
def clip(paint, tmp_path):
    """A clip of one face, and of none in the third frame."""
    frames = (paint(*([] if n == 2 else [(20, 20, 55, 65)]), size=(96, 128)) for n in range(5))
    made = Clip((128, 96), Fraction(50), frames)
    return publish_clip(made, tmp_path / "clip.mp4", Manifest("test", {}))


@pytest.fixture
def disguise(find, photo, tmp_path):
    """Lay the emoji of the photo over some bodies, by a tiny network that names expressions."""
    namer = tmp_path / "namer.safetensors"
    save_bundle(namer, pack_classifier(fold_norms(build(TINY).eval()), Card("namer", KIND)))

    def run_it(*bodies, viewer=None, **options):
        how = {"hair": "short", "consent": "self", "classifier": str(namer), **options}
        effect = Emoji(EmojiOptions(**how), find=find, person=photo)
        return run(effect, [str(body) for body in bodies], viewer)

    return run_it


def test_the_classifier_and_the_emoji_speak_of_the_same_expressions():
    assert set(EXPRESSIONS) == set(NAMED)


def test_the_emoji_follows_the_expression(pack, find, paint):
    session = DisguiseSession(Reader(find.finder), pack)
    image = paint((20, 20, 55, 65), size=(96, 128))
    reds = [int(session.step(image, n / 50).image[42, 37, 0]) for n in range(6)]
    assert reds == [int(pack.emoji[NAMED[n % 2]][0, 0, 0]) for n in range(1, 7)]
    assert session.used.models == {"e": "1"}


def test_a_frame_without_a_face_passes(pack, find):
    image = np.full((96, 128, 3), 50, np.uint8)
    step = DisguiseSession(Reader(find.finder), pack).step(image)
    assert step.faces == ()
    assert (step.image == image).all()


def test_every_frame_of_a_clip_is_covered(disguise, clip, tmp_path):
    made = disguise(clip, out=tmp_path / "out.mp4")
    (told,) = made.clips
    assert (made.files, told.frames) == ([tmp_path / "out.mp4"], 5)
    before, after = (list(read_clip(path).frames) for path in (clip, made.files[0]))
    gaps = [
        np.abs(a.astype(int) - b)[25:60, 25:50].mean() for a, b in zip(before, after, strict=True)
    ]
    assert min(gaps[:2]) > 10
    manifest = read_manifest(made.files[0])
    assert (manifest.task, manifest.consent) == ("emoji", "self")
    assert set(manifest.sources) == {"face/photo.png", "body/clip.mp4"}
    assert set(manifest.models) == {"custom", "namer"}
    said = manifest.parameters
    assert (said["face"], said["body"], said["character"]) == ("photo.png", "clip.mp4", "drawn")
    assert not {"only", "sizes", "style", "classifier", "show"} & set(said)


def test_a_camera_is_shown_and_kept(disguise, clip, tmp_path):
    watcher = Watcher()
    watched = disguise(f"camera:{clip}", viewer=watcher.open, show=True, out=tmp_path / "kept")
    assert watched.frames == 6
    kept = read_manifest(watched.files[0])
    assert (kept.task, kept.consent) == ("emoji", "self")
    assert kept.parameters["body"] == "camera:clip.mp4"


@pytest.mark.parametrize(
    ("bodies", "options", "said"),
    [
        (["camera:0"], {"show": True, "out": "emoji.png"}, "goes to a folder"),
        (["camera:0"], {}, "nothing says where the result goes"),
        ([], {"show": True}, "`show` needs a camera"),
    ],
)
def test_mistakes_are_told_before_anything_is_loaded(photo, bodies, options, said, tmp_path):
    if "out" in options:
        options = {**options, "out": tmp_path / options["out"]}
    with pytest.raises(InputError, match=said):
        make_emoji([photo, *bodies], options=EmojiOptions(consent="self", **options))


def test_whoever_a_camera_sees_has_to_agree():
    with pytest.raises(InputError, match="may show a real person"):
        make_emoji(["camera:0"], options=EmojiOptions(seed=1, show=True))
