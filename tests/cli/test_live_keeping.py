"""Snapshots and recordings of what is shown in a page."""

import json

from tests.cli.running import start, wait_for

from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.provenance.publish import read_manifest

__all__ = ["start"]  # a fixture


def test_snapshots_are_signed_and_overwrite_nothing(start, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "snapshot-0007.png").write_bytes(b"mine")
    run = start()
    run.frame()
    paths = [run.post("snapshot")["path"] for _ in range(2)]
    assert paths == [str(kept / f"snapshot-000{n}.png") for n in (8, 9)]
    assert (kept / "snapshot-0007.png").read_bytes() == b"mine"
    assert (read_image(kept / "snapshot-0008.png")[:, :, 0] == 255).all()
    told = read_manifest(kept / "snapshot-0008.png")
    assert (told.task, told.consent, told.parameters["body"]) == (
        *("swap", "generated"),
        "camera:clip.mp4",
    )
    assert told.parameters["second"] >= 0
    state, _, _ = run.frame()
    assert (state["saved"], state["kept"]) == (paths, 2)


def test_a_recording_holds_every_frame_from_start_to_stop(start, tmp_path):
    run = start()
    run.frame()
    path = run.post("record")["path"]
    assert path == str(tmp_path / "kept" / "recording-0001.mp4")
    assert run.post("record")["path"] == path  # it runs already
    first = run.live.describe().frame
    wait_for(lambda: run.live.describe().frame >= first + 20)
    state, _, _ = run.frame()
    assert state["recording"] == path
    assert run.post("stop")["path"] == path
    assert run.post("stop")["path"] == ""
    clip = read_clip(tmp_path / "kept" / "recording-0001.mp4")
    count = sum(1 for _ in clip.frames)
    assert count >= 20
    assert read_manifest(tmp_path / "kept" / "recording-0001.mp4").parameters["second"] >= 0
    assert run.post("record")["path"].endswith("recording-0002.mp4")


def test_the_end_finishes_a_recording_and_tells_the_page(start, tmp_path):
    run = start()
    run.frame()
    run.post("record")
    run.ask("POST", "end")
    state = run.frame(after=10**9)[0]
    while state["ended"] is None:
        state = run.frame(after=10**9)[0]
    assert state["saved"] == [str(tmp_path / "kept" / "recording-0001.mp4")]
    outcome = run.join()
    assert outcome.files == [tmp_path / "kept" / "recording-0001.mp4"]
    assert outcome.frames == outcome.with_faces > 0
    assert next(read_clip(outcome.files[0]).frames).shape == (24, 32, 3)


def test_what_cannot_be_written_is_told_and_the_show_goes_on(start, tmp_path):
    (tmp_path / "kept").write_bytes(b"a file where the folder should be")
    run = start()
    run.frame()
    answer, body = run.ask("POST", "snapshot")
    assert answer.status == 409
    assert "kept" in json.loads(body)["error"]
    run.post("record")
    wait_for(lambda: run.frame()[0]["problem"])
    assert run.frame()[0]["recording"] == ""
    assert run.thread.is_alive()
