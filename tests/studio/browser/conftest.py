"""A studio that runs, and Debian's Chromium in front of it."""

import os
import re
import shutil
import subprocess
import sys

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
# A camera that shows moving colours, and nobody who asks whether it may be used.
FLAGS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

_HARMLESS = ("Service Worker registration blocked", "ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED")


def wait_until(page, expression, seconds=60):
    """Wait until JavaScript says so; the page's policy forbids Playwright's own way."""
    for _ in range(10 * seconds):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not so after {seconds} s: {expression}")


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    """Start `facewright studio` as anybody does, and return its address."""
    data = tmp_path_factory.mktemp("studio")
    command = [sys.executable, "-m", "facewright", "studio", "--port", "0", "--no-browser"]
    server = subprocess.Popen(
        [*command, "--data", str(data)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        line = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, f"the studio said: {line}"
        yield found[0]
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven by Playwright."""
    api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, studio):
    """Open a page of the app: open_page("#/mix", **context). Errors in its console fail."""
    contexts, errors = [], []

    def hear(message):
        if message.type == "error" and not any(text in message.text for text in _HARMLESS):
            errors.append(message.text)

    def open_at(route="", **options):
        options = {"locale": "en-GB", "service_workers": "block", "color_scheme": "light"} | options
        context = chromium.new_context(**options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.errors = errors
        page.goto(f"{studio}/{route}")
        page.wait_for_selector("h1", state="attached")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def astronaut(tmp_path_factory):
    """The picture of Eileen Collins that scikit-image ships; by NASA, in the public domain."""
    import skimage.data
    from PIL import Image

    path = tmp_path_factory.mktemp("pictures") / "astronaut.jpg"
    Image.fromarray(skimage.data.astronaut()).save(path, quality=92)
    return path
