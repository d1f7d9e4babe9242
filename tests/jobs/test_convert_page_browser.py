"""The page with before and after in a real browser."""

import time
from pathlib import Path

import numpy as np
import pytest
from tests.cli.chromium import PROGRAM, Chromium

from facewright.jobs.commands.photos.convert_views.page import Leaf, render_leaf, write_page
from facewright.types import Manifest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(PROGRAM).exists(), reason="there is no chromium"),
]


@pytest.fixture
def browser(tmp_path):
    images = [np.full((300, 400, 3), 60 * shade, np.uint8) for shade in range(4)]
    leaf = Leaf("a <face>.png", images, [0, 1 / 3, 2 / 3, 1], Manifest("convert", {}))
    write_page([render_leaf(leaf)], tmp_path / "page.html", "older")
    with Chromium(tmp_path / "profile") as browser:
        browser.call("Page.navigate", url=f"file://{tmp_path}/page.html")
        deadline = time.monotonic() + 20
        while browser.run("document.readyState") != "complete" or not seen(browser):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield browser


def seen(browser):
    """Return the words for each picture that is shown."""
    return browser.run(
        "[...document.images].filter((one) => one.complete && one.offsetWidth)"
        ".map((one) => one.alt)"
    )


def move(browser, slider, value):
    browser.run(
        f"const one = document.querySelector('{slider}'); one.value = {value};"
        "one.dispatchEvent(new Event('input'))"
    )


def test_sliders_move_the_line_and_choose_a_strength(browser):
    assert seen(browser) == ["a <face>.png before", "a <face>.png at strength 1"]
    move(browser, ".split", 30)
    line = (
        "document.querySelector('.line').offsetLeft / document.querySelector('.view').offsetWidth"
    )
    assert browser.run(line) == pytest.approx(0.3, abs=0.01)


def test_another_strength_shows_another_picture(browser):
    move(browser, ".steps input", 1)
    assert seen(browser) == ["a <face>.png before", "a <face>.png at strength 0.667"]
    assert browser.run("document.querySelector('output').value") == "0.667"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 780), (320, 520)])
def test_page_fits_on_every_screen(browser, width, height):
    browser.resize(width, height, dark=width == 390)
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("document.querySelector('.view').offsetHeight") <= height
