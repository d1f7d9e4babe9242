"""Files appear whole or not at all."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from facewright.files import delete_leftovers, find_placeholder, fit_name, lock_file, replacing

DEAD = 2**22 + 7  # Linux gives processes no higher number than 2 ** 22


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "x.txt"
    for text in ("first", "second"):
        with replacing(path) as unfinished:
            unfinished.write_text(text)
            assert unfinished.parent == path.parent
            assert unfinished.name.startswith(".x.txt.")
            assert not path.exists() or path.read_text() == "first"
        assert path.read_text() == text
        assert names(path.parent) == ["x.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_file_before(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with replacing(path) as unfinished:
            unfinished.write_text("half")
            raise error

    path = tmp_path / "x"
    path.write_text("precious")
    with pytest.raises(error):
        fail()
    assert path.read_text() == "precious"
    assert names(tmp_path) == ["x"]


def test_a_file_that_the_writer_takes_away_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "x") as unfinished:
        unfinished.unlink()
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such rights")
@pytest.mark.parametrize(("mask", "rights"), [("022", 0o644), ("027", 0o640), ("077", 0o600)])
def test_rights_follow_the_mask_of_the_process(tmp_path: Path, mask: str, rights: int) -> None:
    script = f"""
import os, pathlib, tempfile
from facewright.files import replacing
os.umask(0o{mask})
with replacing(pathlib.Path("x")) as unfinished:
    other = tempfile.NamedTemporaryFile(dir=".", delete=False)  # for its owner alone
    os.replace(other.name, unfinished)
"""
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    assert (tmp_path / "x").stat().st_mode & 0o777 == rights


def test_threads_that_write_the_same_file_do_not_meet(tmp_path: Path) -> None:
    path, texts = tmp_path / "x", [letter * 10_000 for letter in "abcdefgh"]

    def write(text: str) -> None:
        with replacing(path) as unfinished:
            unfinished.write_text(text)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in texts
    assert names(tmp_path) == ["x"]


def test_leftovers_of_the_dead_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    kept = [
        f".a.png.{os.getppid()}.01234567.part",  # its writer lives
        f".b.gif.{DEAD}.01234567.part",  # was not asked for
        ".c.png.part",  # made by another program
        "d.png",
    ]
    gone = [
        f".a.png.{DEAD}.01234567.part",
        f".a.png.{os.getpid()}.01234567.part",  # an earlier process had the same number
    ]
    with replacing(tmp_path / "e.png") as unfinished:
        for name in (*kept, *gone):
            (tmp_path / name).touch()
        delete_leftovers(tmp_path, "*.png")
        assert names(tmp_path) == sorted([*kept, unfinished.name])
    delete_leftovers(tmp_path)
    assert names(tmp_path) == sorted(set(kept) - {kept[1]} | {"e.png"})


def test_the_first_file_of_a_run_clears_away_what_a_killed_one_left(tmp_path: Path) -> None:
    with replacing(tmp_path / "x.png") as unfinished:
        machine = unfinished.name.removesuffix(".part")[-12:-8]
    other = f"{int(machine, 16) ^ 1:04x}"
    folder = tmp_path / "results"
    folder.mkdir()
    killed = folder / f".seed0007.png.{DEAD}.{machine}01234567.part"
    elsewhere = folder / f".seed0008.png.{DEAD}.{other}01234567.part"
    forgotten = folder / f".seed0009.png.{DEAD}.{other}01234567.part"
    for path in (killed, elsewhere, forgotten):
        path.touch()
    os.utime(forgotten, (0, 0))
    with replacing(folder / "new.png") as unfinished:
        unfinished.write_bytes(b"whole")
    assert names(folder) == sorted([elsewhere.name, "new.png"])


@pytest.mark.skipif(sys.platform == "win32", reason="has no such locks")
def test_a_file_is_locked_once_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a") as first, path.open("a") as second:
        assert lock_file(first.fileno())
        assert not lock_file(second.fileno())
        first.close()
        assert lock_file(second.fileno())


LONG = {
    "a" * 251 + ".jpg": 224,
    "가" * 83 + ".jpg": 224,
    "x" * 300: 224,
    "👩‍👩‍👧" * 20 + ".2.png": 224,
}


@pytest.mark.parametrize("name", LONG)
def test_long_names_become_short_ones_that_stay_apart(name):
    short = fit_name(name)
    assert len(short.encode()) <= LONG[name]
    assert short == fit_name(name)
    assert Path(short).suffixes[-1:] == Path(name).suffixes[-1:]
    assert short != fit_name("b" + name[1:])
    assert short != fit_name(name.replace(".", "b.", 1) if "." in name else name + "b")


def test_the_number_of_a_face_outlives_shortening():
    assert fit_name("가" * 83 + ".12.png").endswith(".12.png")
    assert fit_name("v1." * 90 + "2.png").endswith(".2.png")


def test_names_that_every_system_takes_stay():
    for name in ("me.jpg", "가" * 70 + ".png", "a b.c.d", "console.png", "x" * 224):
        assert fit_name(name) == name


@pytest.mark.parametrize("name", ["CON", "aux.png", "com1.1.png", "nul .png"])
def test_names_of_devices_are_changed(name):
    assert fit_name(name) != name


def test_names_do_not_hide_what_they_name():
    assert (fit_name(".me.jpg"), fit_name("..."), fit_name("..png")) == ("me.jpg", "_", "png")


def test_files_with_the_longest_names_are_written(tmp_path):
    for name in ("a" * 251 + ".jpg", "가" * 83 + ".jpg", "." + "b" * 254):
        with replacing(tmp_path / name) as unfinished:
            unfinished.write_bytes(b"whole")
        assert (tmp_path / name).read_bytes() == b"whole"
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<!DOCTYPE html>", "a web page"),
        (b"\xef\xbb\xbf\r\n <html lang=en>", "a web page"),
        (b"<?xml version='1.0'?><Error>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a pointer of Git LFS"),
    ],
)
def test_what_hosts_send_instead_of_a_file_is_told(data, name):
    assert find_placeholder(data).name == name


def test_files_are_no_placeholders():
    for data in (b"\x80\x02}q\0", b"PK\3\4", b"\xff\xd8\xff", b"version 2", b""):
        assert find_placeholder(data) is None
