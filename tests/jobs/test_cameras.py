"""A camera is shown, written, or both; a clip that begins again stands in for it."""

import contextlib
from fractions import Fraction

import pytest

from facewright.errors import InputError
from facewright.jobs.commands.photos.find import Find, FindOptions
from facewright.jobs.run import check_run, run
from facewright.live.session import Watched
from facewright.media.video import read_clip
from facewright.provenance.publish import STOPPED_AFTER, publish_clip, read_manifest
from facewright.types import Clip, Manifest

FRAMES = 20


class Watcher:
    """Someone who watches, and closes the page after some frames."""

    def __init__(self, patience=1000):
        self.seen, self._patience = [], patience

    @contextlib.contextmanager
    def open(self, live, _options):
        self.live = live
        yield self

    @property
    def closed(self):
        return len(self.seen) >= self._patience

    def show(self, view):
        self.seen.append(view.faces)


@pytest.fixture
def clip(paint, tmp_path):
    """A block that moves."""
    images = (paint((8 + number, 8, 23 + number, 27), size=(64, 96)) for number in range(FRAMES))
    moving = Clip((96, 64), Fraction(25), images)
    return publish_clip(moving, tmp_path / "walk.mp4", Manifest("test", {}))


@pytest.fixture
def look(find, clip):
    """Find red blocks in a camera, or in other sources."""

    def run_it(*sources, watcher=None, **options):
        named = [str(source) for source in sources or [f"camera:{clip}"]]
        return run(Find(FindOptions(**options), find=find), named, watcher and watcher.open)

    return run_it


def test_what_is_only_shown_leaves_nothing_behind(look, clip):
    watcher = Watcher(patience=7)
    watched = look(watcher=watcher, show=True)
    assert isinstance(watched, Watched)
    assert (watched.frames, watched.with_faces, watched.files) == (7, 7, [])
    assert watcher.seen == [1] * 7
    assert [path.name for path in clip.parent.iterdir()] == ["walk.mp4"]


def test_showing_and_writing_go_together(look, tmp_path):
    watcher, out = Watcher(), tmp_path / "out.mp4"
    done = look(watcher=watcher, show=True, out=out, limit=9)
    assert watcher.seen == [1] * 9
    assert (done.finished, done.files) == (True, [out])
    assert len(list(read_clip(out).frames)) == 9
    assert read_manifest(out).sources == {}


def test_a_camera_is_written_until_its_page_is_closed(look, tmp_path):
    done = look(watcher=Watcher(patience=5), show=True, out=tmp_path / "out.mp4")
    assert done.finished
    frames = len(list(read_clip(tmp_path / "out.mp4").frames))
    assert 5 <= frames < 100
    assert STOPPED_AFTER in read_manifest(tmp_path / "out.mp4").parameters


def test_a_clip_is_shown_while_it_is_made_and_closing_the_page_does_not_end_it(
    look, clip, tmp_path
):
    watcher = Watcher(patience=5)
    look(clip, watcher=watcher, show=True, out=tmp_path / "out.mp4")
    assert len(watcher.seen) == len(list(read_clip(tmp_path / "out.mp4").frames)) == FRAMES


def test_a_camera_is_written_without_being_shown(look, tmp_path):
    look(out=tmp_path / "out.mp4", limit=4)
    assert len(list(read_clip(tmp_path / "out.mp4").frames)) == 4


def test_a_camera_is_taken_for_a_clip(find, tmp_path):
    check_run(Find(FindOptions(out=tmp_path / "x.mp4"), find=find), ["camera:0"])
    check_run(Find(FindOptions(out=tmp_path / "x.mp4", show=True), find=find), ["camera:0"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sources", "options", "error"),
    [
        ([], {}, "nothing says where"),
        ([], {"out": "x.json"}, "nothing says where"),
        ([], {"out": "x.png", "show": True}, "goes to a folder"),
        (["camera:0", "walk.mp4"], {"show": True}, "a camera is taken alone"),
        (["."], {"show": True}, "--show is for cameras and clips"),
        ([], {"crops": "crops", "show": True}, "`crops` is for files"),
    ],
)
def test_mistakes_are_told_before_a_camera_is_opened(
    look, clip, monkeypatch, sources, options, error
):
    monkeypatch.chdir(clip.parent)
    named = {n: clip.parent / v if isinstance(v, str) else v for n, v in options.items()}
    with pytest.raises(InputError, match=error):
        look(*sources, watcher=Watcher(), **named)
