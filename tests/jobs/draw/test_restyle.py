"""A face gets the styles of another."""

from pathlib import Path

import numpy as np
import pytest
import torch

from facewright.errors import FacewrightError, FileError, InputError
from facewright.hub.bundle import file_sha256
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.draw.restyle import RestyleOptions, restyle_face
from facewright.jobs.commands.remake import remake_file
from facewright.media.decode import read_image
from facewright.pipelines.consent import shows_nobody
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import read_manifest


@pytest.fixture
def restyle(weights, tmp_path):
    def run(face, style, name="r.png", *, progress=None, **options):
        chosen = RestyleOptions(out=tmp_path / name, weights=weights, batch=4, **options)
        return restyle_face(face, style, options=chosen, progress=progress)

    return run


@pytest.fixture
def draw(weights, tmp_path):
    def run(seed):
        out = tmp_path / f"seed{seed}.png"
        options = GenerateOptions(
            seeds=str(seed), out=out, weights=weights, batch=4, overwrite=True
        )
        return read_image(generate_faces(options)[0])

    return run


def test_all_layers_give_the_other_face_and_none_of_it_the_own(restyle, draw):
    [path] = restyle("1", "2")
    assert np.array_equal(read_image(path), draw(2))
    [path] = restyle("1", "2", "none.png", strength=0.0)
    assert np.array_equal(read_image(path), draw(1))
    [path] = restyle("1", "2", "half.png", strength=0.5, layers="0-2,5")
    assert not np.array_equal(read_image(path), draw(1))


def test_latents_take_part_as_seeds_do(restyle, keep_latents, draw, tmp_path):
    kept = keep_latents(tmp_path / "face.latents")
    [path] = restyle(kept, "2", layers="all", consent="self")
    assert np.array_equal(read_image(path), draw(2))
    [path] = restyle("2", kept, "w.png", layers="coarse", consent="self")
    manifest = read_manifest(path)
    assert manifest.parameters["style"] == "face.latents"
    assert manifest.sources == {"style/face.latents": file_sha256(Path(kept))}
    assert (manifest.seeds, manifest.consent) == ((2,), "self")
    one = keep_latents(tmp_path / "w.latents", torch.ones(1, 1, 8), "w")
    [again] = restyle("2", one, "w2.png", layers="coarse", consent="self")
    assert np.array_equal(read_image(again), read_image(path))


def test_latents_may_show_somebody_real_and_seeds_do_not(restyle, keep_latents, tmp_path):
    with pytest.raises(InputError, match="may show a real person"):
        restyle("1", keep_latents(tmp_path / "face.latents"))
    [path] = restyle("1", "2")
    assert read_manifest(path).consent == "generated"
    assert shows_nobody(str(path))


def test_a_comparison_shows_both_faces_ranges_every_layer_and_a_random_one(restyle):
    told = []
    [path] = restyle(
        "1", "2", sheet=True, size=40, progress=lambda *done: told.append(done), strength=0.5
    )
    height, width = read_image(path).shape[:2]
    assert width > 6 * 40
    assert height > 2 * 40  # both faces, coarse, middle, all, six layers, a random one: twelve
    assert told[-1] == (10, 10)
    manifest = read_manifest(path)
    assert (manifest.task, manifest.parameters["draw_seed"]) == ("restyle", 0)


def test_draws_are_on_a_sheet_or_in_a_folder(restyle):
    [sheet] = restyle("1", "2", layers="random", count=5)
    assert read_image(sheet).shape[1] > 3 * 128
    paths = restyle("1", "2", "draws", layers="random:2", count=4, format="webp")
    assert [path.name for path in paths] == [f"draw00{n}.webp" for n in (1, 2, 3, 4)]
    chosen = [read_manifest(path).parameters["layers"] for path in paths]
    assert len(set(chosen)) == 4


def test_a_folder_of_draws_goes_on_where_it_was(restyle):
    def draw(**options):
        return restyle("1", "2", "draws", layers="random:2", count=6, **options)

    whole = draw()
    bytes_of = [digest_unsigned(path) for path in whole]
    for path in whole[2:5]:
        path.unlink()
    kept, told = whole[0].stat().st_mtime_ns, []
    assert draw(progress=lambda *done: told.append(done)) == whole
    assert [digest_unsigned(path) for path in whole] == bytes_of
    assert (whole[0].stat().st_mtime_ns, told) == (kept, [(6, 6)])
    assert draw() == whole
    with pytest.raises(InputError, match="is there already"):
        draw(strength=0.5)


def test_another_seed_draws_other_layers(restyle):
    made = [restyle("1", "2", f"{n}.png", layers="random:3", draw_seed=n)[0] for n in range(4)]
    assert len({read_manifest(path).parameters["layers"] for path in made}) > 1


@pytest.mark.parametrize(
    "options",
    [{}, {"sheet": True}, {"layers": "random:2", "draw_seed": 3}, {"layers": "random", "count": 3}],
)
def test_what_is_made_of_seeds_is_made_again(restyle, weights, options):
    [path] = restyle("1", "2", **options)
    assert remake_file(path, weights=weights).likeness == "bytes"


def test_what_is_made_of_files_is_made_again_where_they_are(
    restyle, keep_latents, weights, tmp_path
):
    kept = Path(keep_latents(tmp_path / "face.latents"))
    [path] = restyle(str(kept), "2", layers="0,2", consent="Ada agreed")
    assert remake_file(path, weights=weights).likeness == "bytes"
    kept.unlink()
    with pytest.raises(FileError, match="`face.latents` is missing"):
        remake_file(path, weights=weights, overwrite=True)


@pytest.mark.parametrize(
    ("face", "options", "error"),
    [
        ("none.latents", {}, "there is no none.latents"),
        (str(10**30), {}, "names no seeds"),
        ("1", {"strength": 1.5}, "--strength is 0 to 1"),
        ("1", {"layers": "lowest"}, "`lowest` names no layers"),
        ("1", {"layers": "random:7"}, "7 layers cannot be drawn of 6"),
        ("1", {"layers": "random", "count": 7}, "6 ways"),
        ("1", {"count": 3}, "--count is how often"),
        ("1", {"layers": "random", "count": 3, "sheet": True}, "--count is how often"),
        ("1", {"name": "r.txt"}, "no extension"),
    ],
)
def test_mistakes_are_told(restyle, face, options, error):
    with pytest.raises(FacewrightError, match=error) as caught:
        restyle(face, "2", **options)
    assert caught.value.hint


def test_latents_that_do_not_fit_are_refused(restyle, keep_latents, tmp_path):
    def refuse(message, *told):
        with pytest.raises(InputError, match=message):
            restyle(keep_latents(tmp_path / "face.latents", *told), "2", consent="self")

    refuse("belong to the generator `tiny`", None, "w+", "0" * 64)
    refuse("holds 2 latents", torch.ones(2, 6, 8))
    refuse("in z", torch.ones(1, 1, 8), "z")
    (tmp_path / "note.txt").write_text("no latents")
    with pytest.raises(InputError, match="shows no face"):
        restyle(str(tmp_path / "note.txt"), "2")
