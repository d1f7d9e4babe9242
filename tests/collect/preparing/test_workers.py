"""However many processes cut faces, and however they end, the dataset is the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tests.collect.drawn_faces import SOURCE, BlockDetector, draw_photos, make_settings

from facewright.collect.prepare import DetectorSource, cache_of, prepare
from facewright.collect.preparing.workers import cut_batches
from facewright.errors import FacewrightError


class Dying(BlockDetector):
    """Ends the process that uses it."""

    def find(self, images, *, threshold=0.5):
        os._exit(int(threshold + len(images)))


def test_a_single_process_computes_with_one_thread_and_gives_them_back():
    seen = []

    def build():
        seen.append(torch.get_num_threads())
        raise RuntimeError("no finder")

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(RuntimeError, match="no finder"):
            next(cut_batches([[]], build, workers=1))
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_without_pictures_nothing_is_built():
    def build():
        raise AssertionError

    assert list(cut_batches([], build, workers=4)) == []


@pytest.mark.slow
def test_processes_change_nothing_and_their_death_is_told(tmp_path):
    photos, settings = draw_photos(tmp_path / "photos", 72), make_settings()
    for workers in (1, 2):
        prepare(photos, tmp_path / f"{workers}.zip", settings, SOURCE, workers=workers)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    deadly = DetectorSource(Dying, SOURCE.manifest)
    with pytest.raises(FacewrightError, match="a process that cut faces died") as caught:
        prepare(photos, tmp_path / "dead.zip", settings, deadly, workers=2)
    assert "--workers" in caught.value.hint


SCRIPT = """
import sys
from pathlib import Path
from facewright.collect.prepare import prepare
from tests.collect.drawn_faces import SOURCE, make_settings

if __name__ == "__main__":
    prepare(Path(sys.argv[1]), Path(sys.argv[2]), make_settings(), SOURCE, workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_run_leaves_no_process_and_goes_on(tmp_path, number):
    photos, out = draw_photos(tmp_path / "photos", 240), tmp_path / "faces.zip"
    (tmp_path / "script.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py", photos, out],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    journal = cache_of(out) / "journal.jsonl"
    while process.poll() is None and not (journal.is_file() and journal.stat().st_size):
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(60) != 0
    deadline = time.monotonic() + 30
    while _lives(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(process.pid)
    assert not out.exists()
    for path in (out, tmp_path / "whole.zip"):
        prepare(photos, path, make_settings(), SOURCE, workers=1)
    assert out.read_bytes() == (tmp_path / "whole.zip").read_bytes()


def _lives(session):
    """Tell whether a process of a session is there."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True
