"""What a user asks for: people, mixtures, clips."""

import numpy as np
import pytest

from facewright.errors import InputError, WeightsError
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.draw.interpolate import InterpolateOptions, interpolate_faces
from facewright.jobs.commands.draw.mix import MixOptions, mix_faces
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import read_manifest


@pytest.fixture
def generate(weights, tmp_path):
    def run(seeds, out, **options):
        common = {"weights": weights, "device": "cpu", "precision": "float32", "batch": 4}
        return generate_faces(
            GenerateOptions(seeds=seeds, out=tmp_path / out, **{**common, **options})
        )

    return run


def test_one_seed_gives_its_picture_as_drawn(generate):
    [path] = generate("42", "x.png")
    assert read_image(path).shape == (16, 16, 3)


def test_several_seeds_give_a_sheet_of_larger_faces(generate):
    [path] = generate("0-3", "x.png")
    assert min(read_image(path).shape[:2]) > 2 * 128


def test_folder_gets_one_file_per_seed_and_the_sheet(generate, tmp_path):
    paths = generate("0-2,42", "people", sheet=True, format="webp")
    names = [path.relative_to(tmp_path / "people").as_posix() for path in paths]
    seeds = [f"seed{seed:04}.webp" for seed in (0, 1, 2, 42)]
    assert names == [*seeds, "sheet.png"]
    assert all(path.is_file() for path in paths)


def test_person_does_not_depend_on_who_is_drawn_beside(generate):
    [alone] = generate("5", "alone.png")
    beside = generate("3-9", "people")[2]
    assert digest_unsigned(alone) == digest_unsigned(beside)


def test_weights_with_centres_and_a_scorer_use_them(generate, choosy_weights):
    paths = generate("0-9", "people", weights=choosy_weights)
    said = [read_manifest(path).parameters for path in paths]
    assert {(one["truncate_to"], one["reject"]) for one in said} == {("centres", 0.5)}
    taken = [one["candidates"] for one in said]
    assert [] in taken
    assert any(taken)
    [sheet] = generate("0-9", "x.png", weights=choosy_weights)
    assert read_manifest(sheet).parameters["candidates"] == [name for one in taken for name in one]


def test_a_person_who_is_kept_is_the_one_of_the_seed(generate, choosy_weights):
    chosen = generate("0-9", "chosen", weights=choosy_weights)
    every = generate("0-9", "every", weights=choosy_weights, reject=0.0)
    for one, other in zip(chosen, every, strict=True):
        kept = not read_manifest(one).parameters["candidates"]
        assert np.array_equal(read_image(one), read_image(other)) == kept
        assert "candidates" not in read_manifest(other).parameters


def test_truncation_to_the_mean_can_be_asked_for(generate, choosy_weights):
    ways = [
        generate("5", f"{to}-{psi}.png", weights=choosy_weights, truncate_to=to, truncation_psi=psi)
        for to in ("centres", "mean")
        for psi in (0.0, 1.0)
    ]
    near, full, mean, full_again = (read_image(path) for [path] in ways)
    assert not np.array_equal(near, mean)
    assert np.array_equal(full, full_again)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"truncate_to": "centres"}, "no centres"),
        ({"reject": 0.2}, "nothing that tells flawed"),
        ({"reject": 0.95}, "--reject is 0 to 0.9, not 0.95"),
    ],
)
def test_what_weights_cannot_do_is_refused(options, message, generate, tmp_path):
    with pytest.raises(InputError, match=message):
        generate("5", "x.png", **options)
    assert not list(tmp_path.iterdir())


def test_seeds_named_twice_are_drawn_once_into_files_and_twice_onto_sheets(generate):
    paths = generate("1,1,2", "people")
    assert [path.name for path in paths] == ["seed0001.png", "seed0002.png"]
    [sheet] = generate("1,1", "x.png")
    assert read_manifest(sheet).seeds == (1, 1)
    both = generate("1,1,2", "both", sheet=True)
    assert read_manifest(both[-1]).seeds == (1, 1, 2)


def test_manifest_holds_everything_that_was_decided(generate):
    [path] = generate("7", "x.png", truncation_psi=0.5, age="30-39", batch=None)
    manifest = read_manifest(path)
    assert manifest.task == "generate"
    assert manifest.seeds == (7,)
    assert manifest.parameters["truncation_psi"] == 0.5
    assert manifest.parameters["label"] == ["age=30-39"]
    assert manifest.parameters["precision"] == "float32"
    assert manifest.parameters["batch"] >= 1
    assert manifest.parameters["size"] == 16
    assert manifest.parameters["weights"] == "tiny"
    assert list(manifest.models) == ["tiny"]
    assert (manifest.device, bool(manifest.version), bool(manifest.torch)) == ("cpu", True, True)


def test_labels_change_the_person(generate):
    pictures = [
        read_image(generate("7", f"{age}.png", age=age, label=("gender=m",))[0])
        for age in ("20-29", "40-49")
    ]
    assert not np.array_equal(*pictures)


def test_varied_labels_make_a_row_each(generate):
    [by_seed] = generate("0-3", "a.png", vary="age", size=32)
    [by_label] = generate("0", "b.png", vary="gender,age", size=32)
    assert read_image(by_seed).shape[0] > 3 * 32
    assert read_image(by_seed).shape[1] > 4 * 32
    assert 2 * 32 < read_image(by_label).shape[0] < 3 * 32 + 32


def test_size_enlarges_a_picture(generate):
    [path] = generate("0", "x.jpg", size=50)
    assert read_image(path).shape == (50, 50, 3)


def test_progress_counts_people(weights, tmp_path):
    told = []
    options = GenerateOptions(seeds="0-4", out=tmp_path / "x.png", weights=weights, batch=2)
    generate_faces(options, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 5) for n in range(1, 6)]


@pytest.mark.parametrize(
    ("seeds", "out", "options", "message"),
    [
        ("a-b", "x.png", {}, "names no seeds"),
        ("", "x.png", {}, "at least one seed"),
        ("-3", "x.png", {}, "at least one seed"),
        ("1", "x.tif", {}, "no extension"),
        ("1", "x.png", {"batch": 0}, "--batch is 1 to"),
        ("1", "x.png", {"truncation_psi": float("nan")}, "--truncation-psi is -10 to 10, not nan"),
        ("1", "x.png", {"truncation_psi": -1e30}, "--truncation-psi is -10 to 10"),
        ("1", "x.png", {"cutoff": -3}, "--cutoff is 0 or more"),
        ("1", "x.png", {"size": 0}, "--size is 1 to"),
        ("1", "x.png", {"size": -5}, "--size is 1 to"),
        ("1", "x.png", {"columns": 0}, "--columns is 1 or more"),
        ("1", "x.png", {"quality": 101}, "--quality is 1 to 100"),
        ("1", "x.png", {"vary": "age,age"}, "names a label twice"),
        ("1", "x.png", {"vary": "age", "age": "20-29"}, "both chosen and varied"),
        ("1", "x.png", {"vary": "age", "label": ("age=20-29",)}, "both chosen and varied"),
        ("0-199", "x.webp", {"columns": 200}, "25600×128"),
        ("0-1", "x.png", {"columns": 10**9}, "128000000000×128"),
        ("0-3", "x.jpg", {"columns": 1, "size": 16_384}, "16384×65536"),
        ("0-399", "x.png", {"size": 1024}, "20480×20480"),
        ("1-2", "x.webp", {"vary": "age", "size": 9000}, "18000×27000"),
        ("1", "x.png", {"age": "7"}, "`7` is no value of `age`"),
        ("1", "x.png", {"ethnicity": "any"}, "no label is called"),
        ("1", "x.png", {"label": ("age",)}, "chooses no label"),
        ("1", "x.png", {"age": "20-29", "label": ("age=30-39",)}, "chosen twice"),
        ("1", "x.png", {"vary": "hat"}, "knows no label `hat`"),
        ("1-2", "x.png", {"vary": "age,gender"}, "does not fit 2 seeds"),
        ("1", "folder", {"vary": "age"}, "draws one sheet"),
        ("1", "x.png", {"size": 99_999}, "--size is 1 to"),
        ("1", "x.png", {"device": "toaster"}, "no device"),
    ],
)
def test_options_that_make_no_sense_are_refused(generate, tmp_path, seeds, out, options, message):
    with pytest.raises(InputError, match=message):
        generate(seeds, out, **options)
    assert not list(tmp_path.iterdir())


def test_existing_file_is_kept_and_noticed_before_the_work(generate, tmp_path):
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "seed0002.png").write_bytes(b"mine")
    with pytest.raises(InputError, match="is there already"):
        generate("0-2", "people", weights="no such weights")
    assert [path.name for path in (tmp_path / "people").iterdir()] == ["seed0002.png"]
    generate("0-2", "people", overwrite=True)
    assert (tmp_path / "people" / "seed0002.png").read_bytes() != b"mine"


def test_generator_without_labels_says_so(generate, plain_weights):
    assert generate("1", "x.png", weights=plain_weights)
    with pytest.raises(InputError, match="knows no labels"):
        generate("1", "y.png", weights=plain_weights, age="20-29")


def test_unknown_weights_are_an_error(generate):
    with pytest.raises(WeightsError, match="no weights called `nobody`"):
        generate("1", "x.png", weights="nobody")


def test_mixing_grid_has_a_cell_for_each_pair(weights, tmp_path):
    options = MixOptions(
        rows="1-2", columns="5-7", out=tmp_path / "m.png", weights=weights, size=32, batch=4
    )
    [path] = mix_faces(options)
    height, width, _ = read_image(path).shape
    assert 3 * 32 < height < 5 * 32 + 64
    assert 4 * 32 < width < 6 * 32 + 64
    assert read_manifest(path).seeds == (1, 2, 5, 6, 7)


def test_mixing_says_how_far_it_is(weights, tmp_path):
    told = []
    options = MixOptions(rows="1", columns="2", out=tmp_path / "m.png", weights=weights, batch=2)
    mix_faces(options, progress=lambda *step: told.append(step))
    assert told == [(2, 3), (3, 3)]


def test_grid_too_large_for_its_format_is_refused(weights, tmp_path):
    out = tmp_path / "m.webp"
    options = MixOptions(rows="1", columns="0-127", out=out, weights=weights)
    with pytest.raises(InputError, match="16512×256"):
        mix_faces(options)


def test_unknown_layers_are_refused(weights, tmp_path):
    out = tmp_path / "m.png"
    options = MixOptions(rows="1", columns="2", layers="9-12", out=out, weights=weights)
    with pytest.raises(InputError, match="layers"):
        mix_faces(options)


@pytest.mark.parametrize("space", ["z", "w"])
def test_clip_has_the_length_and_size_asked_for(weights, tmp_path, space):
    options = InterpolateOptions(
        seeds="1,2,3",
        out=tmp_path / "c.mp4",
        seconds=0.5,
        fps=24,
        space=space,
        size=32,
        weights=weights,
        batch=4,
    )
    [path] = interpolate_faces(options)
    clip = read_clip(path)
    assert clip.size == (32, 32)
    assert clip.rate == 24
    assert len(list(clip.frames)) == 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seconds": 0}, "0 frames"),
        ({"seconds": float("nan")}, "--seconds is 0 to 36000, not nan"),
        ({"seconds": float("inf")}, "--seconds is 0 to 36000, not inf"),
        ({"fps": 0}, "--fps is 1 to"),
        ({"seeds": "4"}, "two keys"),
    ],
)
def test_clips_that_make_no_sense_are_refused(weights, tmp_path, options, message):
    common = {"seeds": "1,2", "out": tmp_path / "c.gif", "weights": weights, "seconds": 0.2}
    with pytest.raises(InputError, match=message):
        interpolate_faces(InterpolateOptions(**{**common, **options}))
    assert not list(tmp_path.iterdir())
