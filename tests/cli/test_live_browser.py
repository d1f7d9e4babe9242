"""The page in a real browser."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures
from tests.cli.chromium import PROGRAM, Chromium
from tests.cli.running import film, start

from facewright.media.video import read_clip

__all__ = ["start"]  # a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(PROGRAM).exists(), reason="there is no chromium"),
]


@pytest.fixture
def browser(tmp_path):
    with Chromium(tmp_path / "profile") as browser:
        yield browser


def wait_for(browser, script):
    deadline = time.monotonic() + 20
    while not browser.run(script):
        assert time.monotonic() < deadline, script
        time.sleep(0.05)


def text(browser, name):
    return browser.run(f"document.getElementById('{name}').textContent")


def visit(browser, run):
    browser.call("Page.navigate", url=run.page.address)
    wait_for(browser, "document.getElementById('view')?.hidden === false")


def test_frames_are_seen_kept_and_ended(browser, start):
    run = start()
    visit(browser, run)
    assert text(browser, "phase") == "Live"
    assert text(browser, "faces") == "1"
    browser.press("s")
    wait_for(browser, "document.getElementById('message').textContent.startsWith('Saved')")
    browser.press("r")
    wait_for(browser, "document.body.classList.contains('recording')")
    assert "recording-0001.mp4" in text(browser, "clock")
    browser.press("r")
    wait_for(browser, "!document.getElementById('saved').hidden && state.kept === 2")
    browser.run("document.getElementById('end').click()")
    wait_for(browser, "!document.getElementById('over').hidden")
    assert "2 files saved" in text(browser, "result")
    names = [path.name for path in run.join().files]
    assert names == ["snapshot-0001.png", "recording-0001.mp4"]
    assert next(read_clip(run.outcome.files[1]).frames).shape == (24, 32, 3)


def test_nobody_in_view_is_told(browser, start):
    run = start(effect=lambda image, _: (image, 0))
    visit(browser, run)
    wait_for(browser, "!document.getElementById('nobody').hidden")
    assert text(browser, "faces") == "0"


def test_closing_the_page_ends_the_run(browser, start):
    run = start()
    visit(browser, run)
    browser.call("Page.navigate", url="about:blank")
    assert run.join().frames > 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 780), (320, 520)])
def test_everything_fits_on_every_screen(browser, start, width, height, dark):
    run = start(film())
    browser.resize(width, height, dark=dark)
    visit(browser, run)
    outside = """[...document.querySelectorAll('button, dd, .chip')].filter((one) => {
      const box = one.getBoundingClientRect();
      return box.width && (box.left < 0 || box.right > innerWidth || box.bottom > innerHeight);
    }).map((one) => one.outerHTML)"""
    assert browser.run(outside) == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    with Pictures.open(io.BytesIO(browser.photograph())) as seen:
        pixels = np.asarray(seen.convert("RGB"))
    assert pixels.shape == (height, width, 3)
    assert (pixels[2, 2].mean() < 60) == dark
