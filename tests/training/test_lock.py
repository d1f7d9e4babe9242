import sys
from pathlib import Path

import pytest

from facewright.errors import TrainingError
from facewright.training.lock import lock_run


@pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")
def test_a_folder_is_held_once_at_a_time(tmp_path: Path):
    run = tmp_path / "runs" / "first"
    with lock_run(run):
        with pytest.raises(TrainingError, match="a run is going on in") as caught, lock_run(run):
            pass
        assert "--outdir" in caught.value.hint
        with lock_run(tmp_path / "runs" / "second"):
            pass
    with lock_run(run):
        pass


def test_a_run_that_fails_lets_go(tmp_path: Path):
    with pytest.raises(ValueError, match="lost"), lock_run(tmp_path):
        raise ValueError("lost")
    with lock_run(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(TrainingError, match="cannot write into") as caught,
        lock_run(tmp_path / "file"),
    ):
        pass
    assert "--outdir" in caught.value.hint


def test_without_locks_nothing_is_held(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with lock_run(tmp_path), lock_run(tmp_path):
        pass
