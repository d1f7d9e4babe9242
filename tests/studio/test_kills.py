"""Server and worker are killed in the middle of jobs: none is lost."""

import pytest
from tests.studio.running import Studio

bench = pytest.importorskip("benchmarks.studio")

pytestmark = pytest.mark.slow


def test_no_job_is_lost_when_server_and_worker_are_killed_ten_times(tmp_path):
    done = bench.kill_again_and_again(tmp_path)
    assert [job["state"] for job in done] == ["done"] * 12, [job["error"] for job in done]
    assert [len(job["results"]) for job in done] == [1] * 8 + [16] * 4
    assert all(result["bytes"] > 500 for job in done for result in job["results"])


def test_pictures_do_not_wait_for_a_clip(tmp_path):
    small = {"size": 64}
    with Studio(tmp_path) as studio:
        walk = {"seeds": "1,2", "seconds": 60, "fps": 12, **small}
        long = studio.send("interpolate", options=walk)[1]["id"]
        quick = studio.send("generate", options={"seeds": "3", **small})[1]["id"]
        assert studio.wait(quick)["state"] == "done"
        assert studio.find(long)["state"] in ("queued", "running")
