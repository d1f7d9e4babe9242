"""Jobs through the interface: begin, do, follow, fetch, cancel, delete."""

import io
import json
import zipfile

import pytest
from PIL import Image

from facewright.studio.processes.worker import find_lane
from facewright.studio.store import MOST_ATTEMPTS

SEEDS = json.dumps({"seeds": "1,2"})


def make_faces(studio, weights):
    sent = studio.send("generate", options=json.dumps({"seeds": "1,2", "weights": weights}))
    return sent.json()


@pytest.fixture
def done(studio):
    """A job that drew two people."""
    job = studio.send("generate", options=json.dumps({"seeds": "1,2"})).json()
    return studio.do(job["id"])


def test_job_waits_then_is_done_with_its_files(studio, weights, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", weights)
    sent = studio.send("generate", options=SEEDS)
    assert sent.status_code == 202
    assert sent.json()["state"] == "queued"
    done = studio.do(sent.json()["id"])
    assert done["state"] == "done", done["error"]
    assert [one["name"] for one in done["results"]] == ["seed0001.png", "seed0002.png"]
    assert {(one["width"], one["height"]) for one in done["results"]} == {(16, 16)}
    assert done["command_line"] == "facewright generate --out results --seeds 1,2"


@pytest.mark.parametrize(
    ("command", "options", "lane"),
    [
        ("generate", {"seeds": "1,2"}, "quick"),
        ("generate", {"seeds": "0-99"}, "long"),
        ("mix", {"rows": "1", "columns": "2"}, "quick"),
        ("interpolate", {"seeds": "1,2"}, "long"),
    ],
)
def test_what_takes_minutes_has_a_lane_of_its_own(studio, command, options, lane):
    job = studio.send(command, options=json.dumps(options)).json()
    assert find_lane(studio.store, studio.store.get(job["id"])) == lane


def test_clips_and_archives_are_in_the_lane_of_long_jobs(studio, photo):
    still = studio.send("find", files=[("sources", ("me.png", photo))]).json()
    moving = io.BytesIO()
    with Image.open(io.BytesIO(photo)) as picture:
        frames = [picture.rotate(90 * turn) for turn in range(3)]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    clip = studio.send("find", files=[("sources", ("me.gif", moving.getvalue()))]).json()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("me.png", photo)
    many = studio.send("find", files=[("sources", ("all.zip", packed.getvalue()))]).json()
    lanes = [find_lane(studio.store, studio.store.get(one["id"])) for one in (still, clip, many)]
    assert lanes == ["quick", "long", "long"]


def test_worker_takes_up_only_what_was_left_in_its_lane(studio):
    store = studio.store
    quick = studio.send("generate", options=SEEDS).json()["id"]
    long = studio.send("interpolate", options=SEEDS).json()["id"]
    store.claim(quick, "quick", 11)
    store.claim(long, "long", 12)
    assert store.recover(lambda job: find_lane(store, job) == "quick") == [quick]
    assert (store.get(quick).state, store.get(long).state) == ("queued", "running")
    assert (store.find_worker(quick), store.find_worker(long)) == (0, 12)


def test_job_that_ends_its_worker_again_and_again_fails(studio):
    store = studio.store
    job = studio.send("generate", options=SEEDS).json()["id"]
    for _ in range(MOST_ATTEMPTS):
        store.claim(job, "quick", 11)
        found = store.recover(lambda _: True)
    assert (found, store.get(job).state) == ([], "failed")
