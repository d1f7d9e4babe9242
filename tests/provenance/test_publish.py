"""What goes out says how it came about, and goes out whole or not at all."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from facewright.errors import FileError, InputError
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import (
    CLIPS,
    PICTURES,
    STOPPED_AFTER,
    check_destination,
    publish_clip,
    publish_image,
    read_manifest,
    render_image,
)
from facewright.training.stop import StopSignal
from facewright.types import Clip, Manifest

IMAGE = np.full((16, 16, 3), (200, 30, 90), np.uint8)
MANIFEST = Manifest(
    "generate",
    {"truncation_psi": 0.7, "size": None, "labels": {"age": "30-39"}},
    seeds=(*range(64), 70),
    models={"faces-128": "ab" * 32},
    sources={"portrait of Zoë.png": "cd" * 32},
    consent="Zoë Öztürk agreed",
    version="0.1.0",
    torch="2.13.0",
    device="cpu",
)


def make_clip(count: int = 4) -> Clip:
    return Clip((16, 16), Fraction(25), (IMAGE + np.uint8(9 * i) for i in range(count)))


def publish(path: Path, **options: bool) -> Path:
    if path.suffix.lower() in CLIPS:
        return publish_clip(make_clip(), path, MANIFEST, **options)
    return publish_image(IMAGE, path, MANIFEST, **options)


EXTENSIONS = [*PICTURES, *CLIPS, ".PNG", ".Mp4"]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_format_gives_its_manifest_back(tmp_path: Path, extension: str) -> None:
    path = tmp_path / "new" / "folder" / f"x{extension}"
    assert publish(path) == path
    assert read_manifest(path) == MANIFEST
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_equal_pixels_and_manifests_give_equal_files(tmp_path: Path, extension: str) -> None:
    first, second = (publish(tmp_path / f"{name}{extension}") for name in "ab")
    assert digest_unsigned(first) == digest_unsigned(second)


def test_png_and_quality_100_webp_keep_every_pixel(tmp_path: Path) -> None:
    noise = (np.arange(16 * 16 * 3) * 37 % 256).astype(np.uint8).reshape(16, 16, 3)
    for name in ("x.png", "x.webp"):
        path = publish_image(noise, tmp_path / name, MANIFEST, quality=100)
        assert np.array_equal(read_image(path), noise)


@pytest.mark.parametrize("extension", [".png", ".mp4", ".gif"])
def test_files_are_replaced_only_when_asked(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"x{extension}"
    path.write_text("precious")
    with pytest.raises(InputError, match="is there already") as caught:
        publish(path)
    assert "--overwrite" in caught.value.hint
    assert path.read_text() == "precious"
    publish(path, overwrite=True)
    assert read_manifest(path) == MANIFEST


def test_unknown_extensions_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    for path in (tmp_path / "x.tif", tmp_path / "x", tmp_path / "x.mp4"):
        with pytest.raises(InputError) as caught:
            publish_image(IMAGE, path, MANIFEST)
        assert all(extension in caught.value.hint for extension in PICTURES)
    with pytest.raises(InputError) as caught:
        publish_clip(make_clip(), tmp_path / "x.png", MANIFEST)
    assert caught.value.hint == "one of: .mp4, .gif"
    assert list(tmp_path.iterdir()) == []


def test_destinations_can_be_checked_before_the_work(tmp_path: Path) -> None:
    assert check_destination(tmp_path / "x.JPG", PICTURES) == ".jpg"
    (tmp_path / "y.png").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        check_destination(tmp_path / "y.png", PICTURES, overwrite=True)


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("x.png", "x.mp4"):
        with pytest.raises(FileError, match="cannot be written: .*file is a file, and no folder"):
            publish(tmp_path / "file" / "new" / name)


def test_manifests_that_are_not_json_write_nothing(tmp_path: Path) -> None:
    bad = Manifest("generate", {"psi": float("inf")})
    with pytest.raises(InputError):
        publish_image(IMAGE, tmp_path / "x.png", bad)
    with pytest.raises(InputError):
        publish_clip(make_clip(), tmp_path / "x.mp4", bad)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_clips_leave_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield IMAGE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish_clip(Clip((16, 16), Fraction(25), broken()), tmp_path / "x.mp4", MANIFEST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("extension", CLIPS)
def test_clips_that_are_stopped_say_so(tmp_path: Path, extension: str) -> None:
    asked = iter([False, False, True])
    path = tmp_path / f"x{extension}"
    publish_clip(make_clip(9), path, MANIFEST, stopped=lambda: next(asked))
    assert len(list(read_clip(path).frames)) == 3
    wanted = replace(MANIFEST, parameters={**MANIFEST.parameters, STOPPED_AFTER: 3})
    assert read_manifest(path) == wanted


def test_ctrl_c_leaves_a_clip_that_plays(tmp_path: Path) -> None:
    def interrupted() -> Iterator[np.ndarray]:
        for number in range(100):
            if number == 4:
                signal.raise_signal(signal.SIGINT)
            yield IMAGE

    clip = Clip((16, 16), Fraction(25), interrupted())
    with StopSignal() as stop:
        publish_clip(clip, tmp_path / "x.mp4", MANIFEST, stopped=lambda: stop.requested)
    assert read_clip(tmp_path / "x.mp4").count == 5
    assert read_manifest(tmp_path / "x.mp4").parameters[STOPPED_AFTER] == 5


@pytest.mark.parametrize("extension", CLIPS)
def test_clips_that_nobody_stops_say_nothing(tmp_path: Path, extension: str) -> None:
    path = publish_clip(make_clip(), tmp_path / f"x{extension}", MANIFEST, stopped=lambda: False)
    assert read_manifest(path) == MANIFEST


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp", ".gif", ".tiff"])
def test_files_of_other_programs_carry_no_manifest(tmp_path: Path, extension: str) -> None:
    Pictures.fromarray(IMAGE).save(tmp_path / f"x{extension}", comment="nothing of ours")
    with pytest.raises(FileError, match="carries no manifest") as caught:
        read_manifest(tmp_path / f"x{extension}")
    assert caught.value.hint


def test_damaged_manifests_name_the_file(tmp_path: Path) -> None:
    path = publish(tmp_path / "x.gif")
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"task"', b'"t?sk"'))
    with pytest.raises(FileError, match=r"x\.gif: the manifest is damaged"):
        read_manifest(path)


@pytest.mark.parametrize("extension", [*PICTURES, *CLIPS])
def test_cut_files_never_crash(tmp_path: Path, extension: str) -> None:
    data = publish(tmp_path / f"x{extension}").read_bytes()
    cut = tmp_path / f"cut{extension}"
    outcomes = set()
    for length in range(0, len(data), max(1, len(data) // 40)):
        cut.write_bytes(data[:length])
        try:
            outcomes.add(read_manifest(cut).task)
        except FileError as error:
            outcomes.add(str(cut) in str(error))
    assert outcomes <= {True, "generate"}
    assert True in outcomes


@pytest.mark.parametrize("extension", PICTURES)
def test_rendered_bytes_are_those_of_the_published_file(tmp_path: Path, extension: str) -> None:
    path = publish_image(IMAGE, tmp_path / f"x{extension}", MANIFEST)
    rendered = render_image(IMAGE, extension, MANIFEST)
    assert digest_unsigned(rendered) == digest_unsigned(path)


def test_what_is_no_picture_is_not_rendered() -> None:
    with pytest.raises(InputError, match="`.txt` is no picture"):
        render_image(IMAGE, ".txt", MANIFEST)


def test_a_name_that_no_file_can_have_is_an_error_that_names_it(tmp_path):
    for name in ("x" * 300 + ".png", "가" * 100 + ".png"):
        with pytest.raises(FileError, match="cannot be written"):
            check_destination(tmp_path / name, PICTURES)
