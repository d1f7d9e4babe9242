"""Sixty-four clients at once, half of them sending pictures: nothing fails, nothing is lost.

    FACEWRIGHT_LOAD_SECONDS=120 python -m pytest -m slow -s tests/studio/test_load.py

What was measured is printed as one line of JSON.
"""

import http.client
import itertools
import json
import os
import threading
import time
from pathlib import Path

import pytest
from tests.studio.running import Studio

pytestmark = pytest.mark.slow

CLIENTS = 64
SECONDS = float(os.environ.get("FACEWRIGHT_LOAD_SECONDS", "30"))
FACES = 40  # people who are looked at by all
PAUSE = 1.0  # seconds between two requests of one client


class Counted:
    """What clients saw."""

    def __init__(self):
        self.times, self.statuses, self.jobs = {}, [], []
        self.lock, self.end = threading.Lock(), time.monotonic() + SECONDS

    def add(self, what, status, seconds):
        with self.lock:
            self.times.setdefault(what, []).append(seconds)
            self.statuses.append(status)


def look(studio, counted, number):
    """Look at the app and at faces, as somebody does who swipes."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=60)
    for turn in itertools.count():
        if time.monotonic() > counted.end:
            connection.close()
            return
        seed = (7 * number + turn) % FACES
        for what, path in (("page", "/"), ("face", f"/api/v1/faces/{seed}.webp?size=256")):
            start = time.monotonic()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            counted.add(what, answer.status, time.monotonic() - start)
        time.sleep(PAUSE)


def upload(studio, counted, number, picture):
    """Send a picture again and again; where too much waits, come back later."""
    while time.monotonic() < counted.end:
        start = time.monotonic()
        command = "find" if number % 4 == 1 else "show"
        part = "sources" if command == "find" else "file"
        status, said = studio.send(command, files=[(part, f"{number}.webp", picture)])
        counted.add("upload", status, time.monotonic() - start)
        if status == 202:
            with counted.lock:
                counted.jobs.append(said["id"])
        time.sleep(PAUSE if status == 202 else 3 * PAUSE)


def read_memory(pid):
    """Return MiB that a process holds."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def find_share(times, share):
    """Return the milliseconds within which a share of the requests were answered."""
    return round(1000 * sorted(times)[int(share * (len(times) - 1))], 1)


def test_sixty_four_clients_lose_nothing(tmp_path):
    with Studio(tmp_path) as studio:
        for seed in range(FACES):  # seen before, as most faces of a running studio are
            studio.get(f"/api/v1/faces/{seed}.webp?size=256")
        picture = studio.get("/api/v1/faces/1.webp?size=256")
        for command, part in (("find", "sources"), ("show", "file")):  # its networks are loaded
            studio.wait(studio.send(command, files=[(part, "1.webp", picture)])[1]["id"])
        counted = Counted()
        crowd = [
            threading.Thread(target=upload, args=(studio, counted, n, picture))
            if n % 2
            else threading.Thread(target=look, args=(studio, counted, n))
            for n in range(CLIENTS)
        ]
        for one in crowd:
            one.start()
        time.sleep(SECONDS / 3)
        before = read_memory(studio.server.pid), read_memory(studio.find_worker())
        for one in crowd:
            one.join()
        after = read_memory(studio.server.pid), read_memory(studio.find_worker())
        ended = [studio.wait(job, seconds=600)["state"] for job in counted.jobs]
    measured = {
        "clients": CLIENTS,
        "seconds": SECONDS,
        "requests": len(counted.statuses),
        "jobs": len(ended),
        "refused for now": counted.statuses.count(429),
        **{f"p95 of {k}, ms": find_share(v, 0.95) for k, v in counted.times.items()},
        **{f"median of {k}, ms": find_share(v, 0.5) for k, v in counted.times.items()},
        "MiB of the server": [round(before[0]), round(after[0])],
        "MiB of the worker": [round(before[1]), round(after[1])],
        "load": [round(one, 1) for one in os.getloadavg()],
    }
    print(json.dumps(measured))  # noqa: T201
    assert set(counted.statuses) <= {200, 202, 429}
    assert set(ended) == {"done"}
    assert after[0] < before[0] * 1.1 + 32
    assert after[1] < before[1] * 1.1 + 64
