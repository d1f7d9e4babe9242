"""Jobs through the interface: begin, do, follow, fetch, cancel, delete."""

import json

import pytest

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
