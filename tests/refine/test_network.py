import numpy as np
import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.refine.network import (
    CELL,
    RefinerConfig,
    build_refiner,
    enlarge,
    list_places,
    load_refiner,
    pack_refiner,
    refine_image,
    take_colour,
)
from facewright.types import Card


def build(*, shaken=True):
    network = build_refiner(RefinerConfig(32, "tight", filters=8, blocks=1), seed=0)
    if shaken:
        torch.nn.init.normal_(network.last.weight, 0, 0.3, generator=seeded(1))
    return network.eval()


def draw(side=32):
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)


def read(network, x):
    places = torch.from_numpy(list_places(32)[None])
    return network(x, places, torch.randn(1, 1, 32, 32, generator=seeded(2)))


def test_a_new_network_enlarges_by_bicubic_interpolation():
    x = torch.rand(1, 3, 32, 32, generator=seeded(3))
    assert torch.equal(read(build(shaken=False), x), enlarge(x))


def test_no_area_changes_its_colour():
    x = torch.rand(1, 3, 32, 32, generator=seeded(3)) * 2 - 1
    added = read(build(), x) - enlarge(x)
    means = torch.nn.functional.avg_pool2d(added, 2 * CELL)
    assert added.abs().mean() > 0.05
    assert means.abs().max() < 0.05 * added.abs().max()
    flat = torch.linspace(-1, 1, 40).expand(1, 3, 40, 40)  # also where squares do not fit
    assert take_colour(flat)[..., CELL:-CELL].abs().max() < 0.03


def test_equal_faces_give_equal_pictures():
    network, face = build(), draw()
    one = refine_image(network, face)
    assert one.shape == (64, 64, 3)
    assert np.array_equal(one, refine_image(network, face.copy()))
    assert not np.array_equal(one, refine_image(build(shaken=False), face))


def test_other_sizes_are_refused():
    with pytest.raises(InputError, match="32×32 pixels is refined, not one of 16×16"):
        refine_image(build(), draw(16))


def test_places_run_from_left_to_right_and_down():
    x, y = list_places(4)
    assert x[0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert np.array_equal(y, x.T)


@pytest.mark.parametrize(("half", "error"), [(False, 0), (True, 1)])
def test_a_refiner_comes_back_from_its_file(tmp_path, half, error):
    network, path = build(), tmp_path / "x.safetensors"
    save_bundle(path, pack_refiner(network, Card("x", "refiner")), half=half)
    loaded = load_refiner(load_bundle(path))
    assert loaded.config == network.config
    one, other = (refine_image(net, draw()).astype(int) for net in (network, loaded))
    assert np.abs(one - other).max() <= error


def test_other_bundles_are_refused():
    bundle = pack_refiner(build(), Card("x", "refiner"))
    with pytest.raises(InputError, match="of the kind `refiner`, not `enhancer`"):
        pack_refiner(build(), Card("x", "enhancer"))
    for change, message in (
        ({"card": Card("x", "enhancer")}, "is of the kind enhancer, not refiner"),
        ({"config": {"refiner": {"filters": 6}}}, "cannot be built"),
        ({"config": {"refiner": {"depth": 3}}}, "not understood"),
        ({"config": {"refiner": {"filters": 16, "blocks": 1}}}, "do not fit"),
    ):
        fields = {"card": bundle.card, "config": bundle.config, "tensors": bundle.tensors}
        with pytest.raises(WeightsError, match=message):
            load_refiner(type(bundle)(**{**fields, **change}))
