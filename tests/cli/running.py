"""A run that is shown in a page, and what the page asks of it."""

import contextlib
import http.client
import json
import threading
import time
from fractions import Fraction
from urllib.parse import urlsplit

import numpy as np
import pytest

from facewright.cli.live import open_page
from facewright.errors import FacewrightError
from facewright.live.session import LiveSession
from facewright.live.watch import ShowOptions, watch_live
from facewright.types import Clip, Manifest

SIZE, MANIFEST = (32, 24), Manifest("swap", {"body": "camera:clip.mp4"}, consent="generated")


def picture(level):
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def redden(image, _seconds):
    """Stand in for a swap."""
    result = image.copy()
    result[:, :, 0] = 255
    return result, 1


def film(level=0):
    """A camera that never ends: up to 100 frames per second."""

    def frames():
        number = 0
        while True:
            time.sleep(0.01)
            yield picture((level + number) % 200)
            number += 1

    return Clip(SIZE, Fraction(100), frames())


class Running:
    """A run in a thread, and what a page asks of it."""

    def __init__(self, clip, folder, effect=redden, **options):
        self.live = LiveSession(MANIFEST, folder, rate=clip.rate)
        self.page = self.outcome = self.failure = None
        self._opened = threading.Event()
        options = ShowOptions(show=True, open=False, **options)
        self._arguments = clip, effect, self.live, self._open, options
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self._opened.wait(10)

    @contextlib.contextmanager
    def _open(self, live, options):
        with open_page(live, options) as page:
            self.page = page
            self._opened.set()
            yield page

    def _run(self):
        try:
            self.outcome = watch_live(*self._arguments)
        except FacewrightError as error:
            self.failure = error
        self._opened.set()

    def ask(self, method="GET", place="", *, host=None, token=None, **headers):
        parts = urlsplit(self.page.address)
        path = parts.path if token is None else token
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"Host": host} if host else {}
        try:
            connection.request(method, path + place, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def post(self, place, **headers):
        return json.loads(self.ask("POST", place, **headers)[1] or b"{}")

    def frame(self, after=0, page="a"):
        answer, body = self.ask(place=f"frame?after={after}&page={page}")
        return json.loads(answer.headers["X-State"]), answer, body

    def join(self):
        self.thread.join(10)
        assert not self.thread.is_alive()
        return self.outcome


@pytest.fixture
def start(tmp_path):
    """Begin to show something; whatever still runs at the end of a test is ended."""
    begun = []

    def begin(clip=None, effect=redden, **options):
        begun.append(Running(clip or film(), tmp_path / "kept", effect, **options))
        return begun[-1]

    yield begin
    for run in begun:
        if run.thread.is_alive():
            run.page.wish_end()
            for name in "ab":  # the pages of the tests do not wait to be told
                run.page.leave(name)
            run.join()


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
