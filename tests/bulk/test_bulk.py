"""Sources are divided the same way each time; what is done or harmful is not done again."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.bulk.options import BulkOptions
from facewright.bulk.plan import Shard, hash_plan, plan_shards, unpack
from facewright.bulk.run import run_bulk
from facewright.bulk.shards import Job, run_shard
from facewright.cli.main import main
from facewright.errors import FileError, InputError
from facewright.jobs.commands.photos.enhance import EnhanceOptions
from facewright.jobs.table import BULK
from facewright.provenance.publish import read_manifest


@pytest.fixture
def album(tmp_path):
    """Five pictures in two folders, and a file that is none."""
    folder = tmp_path / "album"
    (folder / "more").mkdir(parents=True)
    for n in range(5):
        where = folder / ("more" if n > 2 else "")
        Pillow.fromarray(np.full((8, 8, 3), 40 * n, np.uint8)).save(where / f"{n}.png")
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def job(tmp_path):
    """Sharpen pictures, without a network."""
    options = EnhanceOptions(scale=1, sharpen="light", consent="self", out=tmp_path / "out")
    return Job("enhance", (), options)


def names(shard):
    return [Path(path).name for path in shard.paths]


def results(folder):
    return sorted(path.name for path in folder.glob("*.png"))


def test_files_are_divided_in_order(album):
    shards = plan_shards([str(album)], size=2)
    assert [names(one) for one in shards] == [
        ["0.png", "1.png"],
        ["2.png", "broken.png"],
        ["3.png", "4.png"],
    ]
    assert [one.name for one in shards] == ["000000", "000001", "000002"]
    assert hash_plan(shards) == hash_plan(plan_shards([str(album)], size=2))
    assert hash_plan(shards) != hash_plan(plan_shards([str(album)], size=3))


def test_no_shard_of_several_has_a_single_file(album):
    assert [len(one.paths) for one in plan_shards([str(album)], size=5)] == [6]


def test_archives_and_row_groups_are_shards_of_their_own(album, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    with tarfile.open(album / "a.tar", "w") as tar:
        tar.add(album / "0.png", "0.png")
    data = (album / "1.png").read_bytes()
    rows = [{"image": {"bytes": data, "path": "x/one.png"}}, {"image": {"bytes": data, "path": ""}}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), album / "b.parquet", row_group_size=1)
    shards = plan_shards([str(album)], size=100)
    assert [one.kind for one in shards] == ["archive", "parquet", "parquet", "files"]
    (path,) = unpack(shards[1], tmp_path, max_bytes=1 << 20)
    assert (path.name, path.read_bytes()) == ("000000-one.png", data)
    (path,) = unpack(shards[0], tmp_path, max_bytes=1 << 20)
    assert (path.name, path.read_bytes()) == ("0.png", (album / "0.png").read_bytes())
    with pytest.raises(InputError, match="no column `pictures`"):
        list(unpack(replace(shards[1], column="pictures"), tmp_path, max_bytes=1))
    (album / "b.parquet").write_bytes(b"no table")
    with pytest.raises(FileError, match=r"b\.parquet cannot be read"):
        plan_shards([str(album)], size=1)


def test_shard_is_done_once_and_lists_what_it_refused(album, job):
    (shard,) = plan_shards([str(album)], size=100)
    told = run_shard(job, shard)
    assert (told["pictures"], told["clips"]) == (5, 0)
    assert [one["source"] for one in told["refused"]] == [str(album / "broken.png")]
    made = job.out / "000000" / "0.png"
    assert read_manifest(made).task == "enhance"
    made.unlink()
    assert run_shard(job, shard) == told
    assert not made.exists()  # it is done: nothing is made again
    assert not (job.out / ".attempts").exists()


def test_archive_is_read_without_being_unpacked(album, job):
    path = album.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(album / "1.png", "deep/1.png")
        archive.write(album / "2.png", "2.png")
    told = run_shard(job, Shard("000007", "archive", (str(path),)))
    assert told["pictures"] == 2
    assert (job.out / "000007" / "deep" / "1.png").is_file()


def test_what_ends_workers_is_found_and_set_aside(album, job):
    """Two workers were killed before; a third tried files alone, and was killed by the second."""
    (shard,) = plan_shards([str(album)], size=100)
    notes = job.out / ".attempts" / "000000"
    notes.parent.mkdir(parents=True)
    notes.write_text("begin 0\nbegin 0\nbegin 0\ntry 0\nok 0\ntry 1\n")
    told = run_shard(job, shard)
    reasons = {Path(one["source"]).name: one["reason"] for one in told["refused"]}
    assert reasons["1.png"] == "ended the process that worked on it"
    assert reasons.keys() == {"1.png", "broken.png"}
    assert results(job.out / "000000") == ["0.png", "2.png", "3.png", "4.png"]


def test_file_that_vanished_is_refused_and_the_rest_goes_on(album, job):
    (shard,) = plan_shards([str(album)], size=100)
    (album / "2.png").unlink()
    reasons = [one["reason"] for one in run_shard(job, shard)["refused"]]
    assert "does not exist any more" in reasons
    assert len(results(job.out / "000000")) == 4


@pytest.mark.parametrize("command", BULK, ids=lambda command: command.name)
def test_help_has_the_options_of_the_command_and_of_bulk_runs(command, capsys):
    assert main([*command.name.split(), "--help"]) == 0
    printed = capsys.readouterr().out
    assert all(option in printed for option in ("--out", "--device", "--workers", "--shard"))
    assert f"facewright {command.name} " in printed


def test_options_for_single_pictures_are_refused(album, capsys):
    assert main(["bulk", "find", str(album), "--limit", "3", "-o", "x"]) == 1
    assert "--limit is not for bulk runs" in capsys.readouterr().err
    assert main(["bulk", "find", str(album)]) == 1
    assert "-o FOLDER" in capsys.readouterr().err


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing(album, tmp_path):
    """Ray starts, shards are done, a worker is killed meanwhile, and another run has none left."""
    pytest.importorskip("ray")
    for n in range(40):
        Pillow.fromarray(np.full((64, 64, 3), n, np.uint8)).save(album / f"many{n}.png")
    words = ["enhance", str(album), "--scale", "1", "--smooth", "light", "--consent", "self"]
    words += ["--workers", "2", "--shard", "8", "-o", str(tmp_path / "out")]
    command = [sys.executable, "-m", "facewright", "bulk", *words]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    kill_worker(running, tmp_path / "out")
    printed, _ = running.communicate(timeout=300)
    assert running.returncode == 1  # broken.png
    assert "45 pictures" in printed
    refused = (tmp_path / "out" / "refused.jsonl").read_text().splitlines()
    assert [Path(json.loads(line)["source"]).name for line in refused] == ["broken.png"]
    options = EnhanceOptions(scale=1, smooth="light", consent="self", out=tmp_path / "out")
    again = run_bulk(Job("enhance", (), options), [str(album)], BulkOptions(workers=2, shard=8))
    assert "6 of which were done before" in again.lines[0]
    with pytest.raises(InputError, match="another command, or of other sources"):
        run_bulk(Job("enhance", (), options), [str(album)], BulkOptions(shard=9))


def kill_worker(running, out):
    """Kill the first worker of a run that notes down that it begins a shard."""
    while running.poll() is None and not list(out.glob(".attempts/*")):
        time.sleep(0.05)
    notes = next(iter(out.glob(".attempts/*"))).read_text()
    os.kill(int(notes.split()[1]), signal.SIGKILL)
