import pytest

from facewright.errors import InputError
from facewright.gan.training.presets import PRESETS, pick_gamma, pick_recipe


def test_named_configurations_are_those_of_the_papers():
    numbers = {
        name: (r.batch, r.group_size, r.channel_base, r.lr, r.gamma, r.ema_kimg, r.mapping_layers)
        for name in PRESETS
        if (r := pick_recipe(name, resolution=256))
    }
    assert numbers == {
        "auto": (16, 4, 16384, 0.0025, pytest.approx(0.8192), 5, 2),
        "stylegan2": (32, 4, 32768, 0.002, 10, 10, 8),
        "paper256": (64, 8, 16384, 0.0025, 1, 20, 8),
        "paper512": (64, 8, 32768, 0.0025, 0.5, 20, 8),
        "paper1024": (32, 4, 32768, 0.002, 2, 10, 8),
        "cifar": (64, 32, 32768, 0.0025, 0.01, 500, 2),
    }


def test_cifar_leaves_out_what_small_pictures_do_not_need():
    cifar = pick_recipe("cifar", resolution=32)
    assert (cifar.path_length_weight, cifar.style_mixing) == (0, 0)
    assert cifar.discriminator == "orig"
    others = [pick_recipe(name, resolution=32) for name in PRESETS if name != "cifar"]
    assert {(r.path_length_weight, r.style_mixing, r.discriminator) for r in others} == {
        (2, 0.9, "resnet")
    }


def test_only_auto_and_cifar_ramp_the_average_up():
    ramps = {name: pick_recipe(name, resolution=64).ema_rampup for name in PRESETS}
    assert {name for name, ramp in ramps.items() if ramp == 0.05} == {"auto", "cifar"}
    assert {ramp for name, ramp in ramps.items() if name not in {"auto", "cifar"}} == {None}


@pytest.mark.parametrize(
    ("resolution", "batch", "lr", "channel_base"),
    [
        (16, 32, 0.0025, 16384),
        (64, 32, 0.0025, 16384),
        (128, 32, 0.0025, 16384),
        (256, 16, 0.0025, 16384),
        (512, 8, 0.0025, 32768),
        (1024, 4, 0.002, 32768),
    ],
)
def test_auto_follows_the_resolution(resolution, batch, lr, channel_base):
    recipe = pick_recipe("auto", resolution=resolution)
    assert (recipe.batch, recipe.lr, recipe.channel_base) == (batch, lr, channel_base)
    assert recipe.gamma == pytest.approx(pick_gamma(resolution, batch))
    assert recipe.ema_kimg == pytest.approx(batch * 10 / 32)


def test_gamma_grows_with_the_area_and_shrinks_with_the_batch():
    assert pick_gamma(64, 16) == pytest.approx(0.0512)
    assert pick_gamma(128, 16) == pytest.approx(4 * pick_gamma(64, 16))
    assert pick_gamma(64, 32) == pytest.approx(pick_gamma(64, 16) / 2)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("batch", [1, 2, 6, 7, 9, 64, 100])
def test_groups_divide_any_batch(name, batch):
    recipe = pick_recipe(name, resolution=64, batch=batch)
    assert recipe.batch == batch
    assert batch % recipe.group_size == 0


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match="paper2048") as error:
        pick_recipe("paper2048", resolution=64)
    assert all(name in error.value.hint for name in PRESETS)


@pytest.mark.parametrize("name", ["auto", "stylegan2"])
def test_empty_batches_are_refused(name):
    with pytest.raises(InputError, match="at least one"):
        pick_recipe(name, resolution=64, batch=0)
