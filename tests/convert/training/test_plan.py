import shutil

import pytest
import torch

from facewright.convert.training.plan import open_styles, plan_translation
from facewright.errors import DatasetError, InputError

CPU = torch.device("cpu")


def unpack(path, folder):
    shutil.unpack_archive(path, folder)
    return folder


def test_styles_are_two_zips_two_folders_or_one_folder_of_both(zips, tmp_path):
    folders = [unpack(path, tmp_path / f"train{n}") for path, n in zip(zips, "AB", strict=True)]
    for found in (open_styles(*zips), open_styles(*folders), open_styles(tmp_path)):
        assert (len(found.a), len(found.b)) == (6, 5)
    assert len(open_styles(*zips, mirror=True).a) == 12


def test_folders_without_both_styles_are_refused(tmp_path):
    (tmp_path / "trainA").mkdir()
    with pytest.raises(InputError, match="does not hold the folders trainA and trainB") as error:
        open_styles(tmp_path)
    assert "--b" in error.value.hint


def test_what_cannot_be_learned_from_is_refused(zips, draw, tmp_path):
    a, b = zips
    (tmp_path / "empty").mkdir()
    single, large = draw(tmp_path / "single.zip", count=1), draw(tmp_path / "32.zip", side=32)
    cases = [
        (tmp_path / "empty", DatasetError, "no pictures in .*empty"),
        (tmp_path / "nowhere", DatasetError, "nowhere"),
        (single, InputError, "one picture in .*single"),
        (b, InputError, "named for both styles"),
        (shutil.copy(b, tmp_path / "copy.zip"), InputError, "hold the same pictures"),
        (large, InputError, "32 pixels a side, those in .* 16"),
    ]
    for path, kind, message in cases:
        with pytest.raises(kind, match=message):
            open_styles(path, b)
    assert len(open_styles(a, b).b) == 5


def test_plan_resolves_every_option(styles, options):
    plan = plan_translation(styles, options(kimg=2, norm="batch", upsampling="resize"), CPU)
    translator = plan.translator
    assert (translator.architecture, translator.blocks, translator.filters) == ("resnet", 6, 2)
    assert (translator.norm, translator.upsampling) == ("batch", "resize")
    assert (plan.discriminator.kind, plan.discriminator.norm) == ("n-layers", "batch")
    assert (plan.config.total, plan.config.dtype) == (2000, torch.float32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator": "unet-128"}, "multiples of 128"),
        ({"discriminator": "basic"}, "basic takes pictures from 24 pixels on, not of 16"),
        ({"generator": "vgg"}, "--generator is one of resnet-6, resnet-9"),
        ({"kimg": 0.0001}, "--kimg is at least 0.001"),
        ({"lr": 0, "cycle": -1}, "--lr is above 0; --cycle is 0 or more"),
        ({"tick_kimg": float("nan")}, "--tick-kimg is a number, not nan"),
        ({"kimg": float("inf")}, "--kimg is a number, not inf"),
        ({"decay": 2}, "--decay is at most 1"),
        ({"augment": 1.5}, "--augment is at most 1"),
        ({"name": "a:b"}, "cannot be called `a:b`"),
        ({"gan": "hinge"}, "--gan is one of lsgan, vanilla, wgangp"),
    ],
)
def test_options_without_meaning_are_refused(styles, options, changes, message):
    with pytest.raises(InputError, match=message):
        plan_translation(styles, options(**changes), CPU)


def test_batches_divide_among_processes(styles, options):
    with pytest.raises(InputError, match="a batch of 2 does not divide among 3"):
        plan_translation(styles, options(), CPU, world=3)
