"""A page on this machine shows what is made of a camera."""

import contextlib
import http.client
import io
import threading
from fractions import Fraction
from itertools import islice
from urllib.parse import urlsplit

import pytest
from PIL import Image as Pictures
from tests.cli.running import MANIFEST, SIZE, film, picture, start

from facewright.cli.live import open_page
from facewright.cli.page import Page
from facewright.errors import InputError
from facewright.live.session import LiveSession
from facewright.live.watch import ShowOptions, show_along
from facewright.media.camera import open_camera
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Clip

__all__ = ["start"]  # a fixture


def test_the_page_is_one_file_that_asks_nobody_else(start):
    answer, body = start().ask()
    text = body.decode()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert policy.startswith("default-src 'none'")
    assert text.count(f'nonce="{nonce}"') == 2
    assert "NONCE" not in text
    assert "https:" not in text
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Python" not in answer.headers["Server"]


def test_frames_arrive_in_order_and_say_how_they_came_about(start, tmp_path):
    run = start()
    seen = [0]
    for _ in range(5):
        state, answer, body = run.frame(after=seen[-1])
        seen.append(int(answer.headers["X-Frame"]))
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert state["faces"] == 1
        assert state["size"] == list(SIZE)
        with Pictures.open(io.BytesIO(body)) as shown:
            assert shown.getpixel((5, 5))[0] > 240
    assert seen == sorted(set(seen))
    (tmp_path / "saved.jpg").write_bytes(body)
    told = read_manifest(tmp_path / "saved.jpg")
    assert (told.task, told.consent) == ("swap", "generated")
    assert state["fps"] > 1


def test_nobody_gets_in_without_the_secret(start):
    run = start()
    for token in ("/", "/x/", "/" + "A" * 22 + "/", "/%C3%A9/"):
        for method in ("GET", "POST"):
            for place in ("", "frame", "end", "snapshot"):
                answer, body = run.ask(method, place, token=token)
                assert (answer.status, body) == (404, b"")
    assert run.thread.is_alive()


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:80"},
        {"host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_pages_are_kept_out_even_if_they_know_the_secret(start, headers):
    run = start()
    for method, place in (("GET", "frame"), ("POST", "snapshot"), ("POST", "end")):
        answer, body = run.ask(method, place, **headers)
        assert (answer.status, body) == (403, b"")
    assert run.live.report().files == []
    assert run.thread.is_alive()


def test_the_page_itself_gets_in_by_both_names_of_the_machine(start):
    run = start()
    port = urlsplit(run.page.address).port
    run.frame()
    for name in ("127.0.0.1", "localhost"):
        host = f"{name}:{port}"
        headers = {"host": host, "Origin": f"http://{host}", "Sec_Fetch_Site": "same-origin"}
        assert "path" in run.post("snapshot", **headers)


def test_only_this_machine_is_listened_to(start):
    assert urlsplit(start().page.address).hostname == "127.0.0.1"


def test_leaving_the_last_page_ends_the_run_but_reloading_it_does_not(tmp_path):
    now = [100.0]
    page = Page(LiveSession(MANIFEST, tmp_path, rate=None), now=lambda: now[0])
    now[0] += 1000
    assert not page.closed  # nobody was there yet
    page.wait("a", 0, 0)
    page.leave("a")
    now[0] += 1.9
    assert not page.closed
    page.wait("b", 0, 0)  # the reloaded page
    page.wait("a", 0, 0)  # what was on its way
    now[0] += 2
    assert not page.closed
    page.leave("b")
    now[0] += 2.1
    assert page.closed


def test_a_page_that_crashed_holds_up_nobody(tmp_path):
    now = [100.0]
    page = Page(LiveSession(MANIFEST, tmp_path, rate=None), now=lambda: now[0])
    page.wait("crashed", 0, 0)
    now[0] += 29
    page.wait("a", 0, 0)
    page.leave("a")
    now[0] += 2.1
    assert page.closed


@pytest.mark.slow
def test_the_run_hears_that_its_page_was_left(start):
    run = start()
    run.frame(page="a")
    run.ask("POST", "leave?page=a")
    run.join()
    assert run.failure is None


def test_a_clip_stands_in_for_a_camera(start, tmp_path):
    frames = iter([picture(level) for level in range(0, 200, 10)])
    publish_clip(Clip(SIZE, Fraction(50), frames), tmp_path / "clip.mp4", MANIFEST)
    run = start(open_camera(f"camera:{tmp_path / 'clip.mp4'}", loop=False))
    outcome = run.join()
    assert 1 < outcome.frames <= 20
    assert outcome.seconds <= 0.5


def test_a_camera_that_fails_is_an_error_on_the_page_too(start, tmp_path):
    def frames():
        yield from islice(film().frames, 10)
        raise InputError("camera 0 is not there")

    run = start(Clip(SIZE, Fraction(100), frames()))
    run.frame()
    run.post("record")
    states = []
    while run.thread.is_alive():
        with contextlib.suppress(OSError, http.client.HTTPException):
            states.append(run.frame(after=10**9)[0])
    assert states[-1]["ended"] == "camera 0 is not there"
    assert str(run.failure) == "camera 0 is not there"
    assert (tmp_path / "kept" / "recording-0001.mp4").exists()


def test_before_the_first_frame_there_is_nothing_to_keep(start):
    ready = threading.Event()

    def frames():
        ready.wait(10)
        yield picture(0)

    run = start(Clip(SIZE, Fraction(100), frames()))
    assert run.post("snapshot")["error"] == "nothing is shown yet"
    assert run.post("record")["error"] == "nothing is shown yet"
    state, answer, body = run.frame()
    assert (answer.status, body, state["frame"]) == (204, b"", 0)
    ready.set()
    assert run.join().frames == 1


def test_a_port_that_is_taken_is_one_clear_error(start):
    port = urlsplit(start().page.address).port
    live = LiveSession(MANIFEST, None, rate=None)
    with (
        pytest.raises(InputError, match=f"port {port} is taken") as caught,
        open_page(live, ShowOptions(port=port, open=False)),
    ):
        pass
    assert "--port" in caught.value.hint


def test_reading_along_changes_no_frame(tmp_path):
    images = [picture(level) for level in (1, 2, 3)]
    live = LiveSession(MANIFEST, tmp_path, rate=None, total=3)
    with open_page(live, ShowOptions(open=False)) as page:
        clip = show_along(Clip(SIZE, Fraction(25), iter(images)), live, page, lambda: 0)
        assert all(one is other for one, other in zip(clip.frames, images, strict=True))
        state = live.describe()
        assert (state.frame, state.total, state.faces, state.records) == (3, 3, 0, False)
        with pytest.raises(InputError, match="already"):
            live.start_recording()
