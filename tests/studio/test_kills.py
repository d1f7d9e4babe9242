"""Server and worker are killed in the middle of jobs: none is lost."""

import time

import pytest
from tests.studio.running import Studio

from facewright.studio.store import Store
from facewright.studio.worker import find_lane

pytestmark = pytest.mark.slow

SMALL = {"size": 64, "weights": "faces-64"}
WALK = {"seconds": 2, "fps": 12, **SMALL}
JOBS = [
    *[("interpolate", {"seeds": f"{n},{n + 1}", **WALK}) for n in range(8)],
    *[("generate", {"seeds": f"{n}-{n + 15}", **SMALL}) for n in range(4)],
]


def wait_for_another(store, killed):
    """Wait until a job runs that was not killed yet, and let it come into its middle."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        for job in store.find_recent():
            runs = job.state == "running" and (job.progress or {}).get("done")
            if runs and job.id not in killed:
                return job.id
        time.sleep(0.02)
    raise AssertionError(f"no other job began after {len(killed)} kills")


def test_no_job_is_lost_when_server_and_worker_are_killed_ten_times(tmp_path):
    with Studio(tmp_path) as studio:
        sent = [studio.send(name, options=options)[1]["id"] for name, options in JOBS]
        store, killed = Store(tmp_path), []
        for turn in range(10):
            killed.append(wait_for_another(store, killed))
            if turn % 2:
                job = store.get(killed[-1])
                studio.kill_worker(find_lane(store, job))
            else:
                studio.kill()
                studio.start()
        done = [studio.wait(job) for job in sent]
        store.close()
    assert [job["state"] for job in done] == ["done"] * len(JOBS), [job["error"] for job in done]
    assert len(set(killed)) == 10
    assert [len(job["results"]) for job in done] == [1] * 8 + [16] * 4
    assert all(result["bytes"] > 500 for job in done for result in job["results"])


def test_pictures_do_not_wait_for_a_clip(tmp_path):
    with Studio(tmp_path) as studio:
        walk = {"seeds": "1,2", **WALK, "seconds": 60}
        long = studio.send("interpolate", options=walk)[1]["id"]
        quick = studio.send("generate", options={"seeds": "3", **SMALL})[1]["id"]
        assert studio.wait(quick)["state"] == "done"
        assert studio.find(long)["state"] in ("queued", "running")
