"""Small pictures become large and clear, and whoever they show stays the same."""

import json
import os
import signal
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from facewright.cli.main import main
from facewright.device import seeded
from facewright.enhance.filters import sharpen_image, smooth_image
from facewright.enhance.network import (
    EnhancerConfig,
    build_enhancer,
    enlarge_image,
    load_enhancer,
    pack_enhancer,
)
from facewright.errors import FileError, InputError, WeightsError
from facewright.hub.bundle import file_sha256, load_bundle, save_bundle
from facewright.jobs.commands.photos.enhance import Enhance, EnhanceOptions
from facewright.jobs.run import check_run, run_files
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.pipelines.photos.enhance import EnhancePipeline
from facewright.provenance.publish import publish_clip, publish_image, read_manifest
from facewright.types import Card, Clip, Manifest


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The file of a tiny network that doubles the size, and adds a little."""
    enhancer = build_enhancer(EnhancerConfig(2, filters=4, blocks=1), seed=0)
    torch.nn.init.normal_(enhancer.last.weight, 0, 0.02, generator=seeded(1))
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_bundle(path, pack_enhancer(enhancer, Card("tiny", "enhancer")))
    return path


@pytest.fixture
def photo(paint, tmp_path):
    """A picture with two faces."""
    image = paint((10, 10, 49, 69), (70, 20, 99, 59), size=(90, 120))
    image[::2, ::2] += 9
    return publish_image(image, tmp_path / "photo.png", Manifest("test", {}))


@pytest.fixture
def enhance(find):
    def run(sources, out, *, progress=None, **options):
        named = [str(source) for source in sources]
        chosen = EnhanceOptions(**{"out": out, "consent": "Ada agreed", **options})
        return run_files(Enhance(chosen, progress, find), named)

    return run


@pytest.mark.usefixtures("unmarked")
def test_a_picture_gets_larger_and_its_faces_stay_themselves(enhance, photo, network, tmp_path):
    told = []
    made = enhance(
        [photo], tmp_path / "l.png", weights=str(network), progress=lambda *done: told.append(done)
    )
    (result,) = made.pictures
    assert (result.width, result.height, result.frames) == (240, 180, 1)
    assert len(result.measurements["likeness"]) == 2
    assert min(result.measurements["likeness"]) > 0.5
    enhancer = load_enhancer(load_bundle(network))
    expected = enlarge_image(enhancer, read_image(photo)).astype(int)
    assert np.abs(read_image(made.files[0]) - expected).max() <= 2  # of bfloat16
    assert told == [(1, 1)]


def test_filters_work_without_a_network_in_their_order(enhance, photo, tmp_path):
    how = {"scale": 1, "smooth": 0.8, "sharpen": "medium", "smoothing": "bilateral"}
    made = enhance([photo], tmp_path / "l.png", **how)
    smooth = smooth_image(read_image(photo), 0.8, method="bilateral")
    assert np.array_equal(read_image(made.files[0]), sharpen_image(smooth, "medium"))
    assert read_manifest(made.files[0]).models == {}


def test_faces_alone_are_changed_where_they_are_chosen(enhance, photo, tmp_path):
    made = enhance([photo], tmp_path / "l.png", scale=1, sharpen=5, faces="left")
    before, after = read_image(photo), read_image(made.files[0])
    changed = (before != after).any(axis=2)
    assert changed[10:70, 10:50].any()
    assert not changed[:, 55:].any()
    assert "custom" in read_manifest(made.files[0]).models


@pytest.mark.usefixtures("unmarked")
def test_vivid_draws_small_faces_anew_and_leaves_the_rest(enhance, photo, network, tmp_path):
    how = {"weights": str(network), "faces": "left"}
    plain = enhance([photo], tmp_path / "plain.png", **how)
    vivid = enhance([photo], tmp_path / "vivid.png", mode="vivid", **how)
    assert [one.measurements["vivid"] for one in vivid.pictures] == [1]
    changed = (read_image(plain.files[0]) != read_image(vivid.files[0])).any(axis=2)
    assert changed[20:140, 20:100].mean() > 0.2
    assert not changed[:, 130:].any()
    manifest = read_manifest(vivid.files[0])
    assert "refiner-256" in manifest.models
    assert manifest.parameters["mode"] == "vivid"
    assert "vivid" not in plain.pictures[0].measurements
    assert vivid.lines[0].endswith(", 1 drawn anew")


@pytest.mark.usefixtures("unmarked")
def test_vivid_leaves_faces_alone_that_show_more_than_the_refiner_sees(enhance, paint, tmp_path):
    image = paint((20, 20, 319, 379), size=(400, 340))
    large = publish_image(image, tmp_path / "large.png", Manifest("test", {}))
    plain = enhance([large], tmp_path / "plain.png")
    vivid = enhance([large], tmp_path / "vivid.png", mode="vivid")
    assert vivid.lines[0].endswith(", none drawn anew")
    assert np.array_equal(*(read_image(made.files[0]) for made in (plain, vivid)))


def test_vivid_is_for_larger_pictures(enhance, photo, tmp_path):
    with pytest.raises(InputError, match="vivid draws faces larger"):
        enhance([photo], tmp_path / "l.png", mode="vivid", scale=1, sharpen=1)


def test_the_manifest_says_everything(enhance, photo, network, tmp_path):
    made = enhance(
        [photo], tmp_path / "l.png", weights=str(network), smooth="light", consent="Ada did"
    )
    manifest = read_manifest(made.files[0])
    assert (manifest.task, manifest.consent) == ("enhance", "Ada did")
    said = manifest.parameters
    assert (said["picture"], said["weights"], said["smooth"]) == ("photo.png", "tiny", "light")
    assert manifest.models == {"tiny": file_sha256(network)}
    assert manifest.sources == {"picture/photo.png": file_sha256(photo)}


def test_people_who_do_not_exist_still_do_not(enhance, paint, tmp_path):
    made_up = tmp_path / "made-up.png"
    publish_image(paint((10, 10, 49, 69), size=(80, 70)), made_up, Manifest("generate", {}))
    once = enhance([made_up], tmp_path / "1.png", consent=None, scale=1, sharpen=1).files[0]
    twice = enhance([once], tmp_path / "2.png", consent=None, scale=1, sharpen=1).files[0]
    assert [read_manifest(path).consent for path in (once, twice)] == ["generated"] * 2


def test_a_folder_goes_on_where_it_was_and_lists_what_is_damaged(enhance, photo, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    photo.rename(folder / "deep" / "a.png")
    Pillow.fromarray(np.zeros((20, 30, 3), np.uint8)).save(folder / "b.jpg")
    (folder / "c.png").write_bytes(b"no picture")
    made = enhance([folder], out, scale=1, sharpen=1)
    assert made.files == [out / "b.jpg", out / "deep" / "a.png"]
    assert [len(result.measurements["likeness"]) for result in made.pictures] == [0, 2]
    assert [refusal.source for refusal in made.refused] == [str(folder / "c.png")]
    assert made.failed
    first = (out / "deep" / "a.png").stat().st_mtime_ns
    again = enhance([folder], out, scale=1, sharpen=1)
    assert again.pictures == made.pictures
    assert (out / "deep" / "a.png").stat().st_mtime_ns == first
    other = enhance([folder], out, scale=1, sharpen=2)
    assert "is there already" in other.refused[0].reason


def test_every_frame_of_a_clip_is_made_clear(enhance, paint, network, tmp_path):
    frames = [paint((10 + n, 10, 49 + n, 69), size=(80, 96)) for n in range(5)]
    moving = Clip((96, 80), Fraction(10), iter(frames))
    clip = publish_clip(moving, tmp_path / "clip.mp4", Manifest("test", {}))
    made = enhance([clip], tmp_path / "large.mp4", weights=str(network))
    (result,) = made.clips
    assert (result.width, result.height, result.frames) == (192, 160, 5)
    assert len(result.measurements["likeness"]) == 1
    large = read_clip(made.files[0])
    assert (large.size, large.rate, len(list(large.frames))) == ((192, 160), 10, 5)


def test_a_clip_that_is_there_already_is_left_alone(enhance, paint, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    moving = Clip((96, 80), Fraction(10), iter([paint(size=(80, 96))] * 3))
    publish_clip(moving, folder / "a.mp4", Manifest("test", {}))
    (first,) = enhance([folder], out, scale=1, sharpen=1).files
    written = first.stat().st_mtime_ns
    again = enhance([folder], out, scale=1, sharpen=1)
    assert (again.files, again.refused) == ([first], [])
    assert first.stat().st_mtime_ns == written
    assert "is there already" in enhance([folder], out, scale=1, sharpen=2).refused[0].reason


def test_a_picture_is_made_again_to_the_last_bit(photo, network, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    how = ["-o", "large.png", "--weights", str(network), "--sharpen", "0.5", "--consent", "self"]
    assert main(["enhance", photo.name, *how]) == 0
    assert "240×180 pixels" in capsys.readouterr().out
    assert main(["remake", "large.png", "--weights", str(network)]) == 0
    assert "to the last bit" in capsys.readouterr().out
    assert main(["remake", "large.png", "-o", "x.png"]) == 1
    assert "the weights `tiny` that made this file are not known" in capsys.readouterr().err


def test_json_lists_what_was_made(photo, tmp_path, capsys):
    out = tmp_path / "large.png"
    how = ["--scale", "1", "--smooth", "0.8", "--sharpen", "1.2", "--json", "--consent", "self"]
    assert main(["enhance", str(photo), "-o", str(out), *how]) == 0
    (result,) = json.loads(capsys.readouterr().out)["pictures"]
    assert (result["written"], result["width"]) == (str(out), 120)


def test_the_same_command_makes_a_clip_whole_that_was_ended_early(enhance, paint, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    moving = Clip((96, 80), Fraction(10), iter([paint(size=(80, 96))] * 20))
    publish_clip(moving, folder / "a.mp4", Manifest("test", {}))

    def interrupt(done, _total):
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    assert not enhance([folder], out, scale=1, sharpen=1, progress=interrupt).finished
    assert len(list(read_clip(out / "a.mp4").frames)) < 20
    made = enhance([folder], out, scale=1, sharpen=1)
    assert (made.finished, made.refused) == (True, [])
    assert len(list(read_clip(out / "a.mp4").frames)) == 20


def test_a_hint_names_what_is_written_here_and_nothing_else(photo, tmp_path):
    with pytest.raises(InputError) as caught:
        check_run(Enhance(EnhanceOptions(out=tmp_path / "x.txt")), [str(photo)])
    assert ".png" in caught.value.hint
    assert ".json" not in caught.value.hint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 1}, "nothing changes"),
        ({"scale": 3}, "scale is 1, 2 or 4"),
        ({"smooth": "much"}, "no strength much"),
        ({"sharpen": 9}, "no strength 9"),
        ({"smoothing": "median"}, "no smoothing is called `median`"),
        ({"faces": "nobody"}, "chooses no face"),
        ({"quality": 0}, "--quality"),
    ],
)
def test_options_that_make_no_sense_are_refused(photo, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        check_run(Enhance(EnhanceOptions(out=tmp_path / "l.png", **options)), [str(photo)])


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("photo.png", "is there already|is the source itself"),
        ("large.mp4", "is a picture"),
        ("large.json", "no picture and no clip"),
        ("large.tif", "no extension"),
        (".", "is where"),
    ],
)
def test_destinations_that_make_no_sense_are_refused(photo, tmp_path, out, message):
    with pytest.raises(InputError, match=message):
        check_run(Enhance(EnhanceOptions(out=tmp_path / out)), [str(photo)])


def test_a_missing_picture_and_other_weights_are_refused(enhance, photo, network, tmp_path):
    with pytest.raises(FileError, match="there is no"):
        enhance([tmp_path / "none.png"], tmp_path / "l.png")
    with pytest.raises(WeightsError, match="enlarges 2 times, not 4"):
        enhance([photo], tmp_path / "l.png", weights=str(network), scale=4)


def test_faces_that_are_not_there_are_said_so(enhance, photo, tmp_path):
    with pytest.raises(InputError, match=r"photo.png: `3` chooses no face"):
        enhance([photo], tmp_path / "l.png", scale=1, sharpen=1, faces="3")
    assert not (tmp_path / "l.png").exists()


def test_results_that_could_not_be_read_again_are_refused():
    large = EnhancePipeline(device="cpu").start()
    assert large.resize((5_000, 5_000)) == (10_000, 10_000)
    with pytest.raises(InputError, match="more than 100,000,000"):
        large.resize((5_000, 5_001))
