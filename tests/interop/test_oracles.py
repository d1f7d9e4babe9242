"""Pictures of imported networks equal those of the programs that the files come from."""

import numpy as np
import pytest
import torch

from facewright.gan.layers.styled import SynthesisLayer
from facewright.gan.stylegan1.networks import ProgressiveDiscriminator, ProgressiveGenerator
from facewright.gan.weights import load_generator
from facewright.interop.archives import read_contents
from facewright.interop.layouts.stylegan1 import from_siskon
from facewright.interop.pickles.records import as_mapping, tensors_of
from facewright.interop.read import read_checkpoint

pytestmark = pytest.mark.oracle
ATOL = 1e-4
ROOT = 2**0.5


def numbers_of(oracles, name):
    arrays = np.load(oracles / f"{name}.npz")
    return {key: torch.from_numpy(arrays[key]) for key in arrays}


def assert_near(actual, expected):
    torch.testing.assert_close(actual, expected, atol=ATOL, rtol=0)


@pytest.fixture(scope="module")
def rosinality(oracles):
    checkpoint = read_checkpoint(oracles / "rosinality_64_small.pt")
    return load_generator(checkpoint.parts["generator"]), numbers_of(oracles, "rosinality_64_small")


@torch.no_grad()
def test_rosinality_pictures_are_equal(rosinality):
    G, n = rosinality
    assert_near(G.mapping(n["z"]), n["w"])
    assert_near(G(n["z"]), n["img"])
    assert_near(G(n["z"], truncation_psi=0.7), n["img_trunc07"])
    assert_near(G.synthesis(n["latents"]), n["img"])
    assert_near(G.synthesis(n["w"][:, None].expand(-1, G.num_ws, -1)), n["img_from_w"])


@torch.no_grad()
def test_rosinality_mixing_is_equal(rosinality):
    G, n = rosinality
    ws = G.map_to_w(n["z"])
    mixed = torch.cat([ws[:1, :4], ws[1:, 4:]], dim=1)
    assert_near(G.synthesis(mixed), n["img_mix_inject4"])


@torch.no_grad()
def test_rosinality_noise_from_outside_is_equal(oracles):
    G = load_generator(read_checkpoint(oracles / "rosinality_64_small.pt").parts["generator"])
    n = numbers_of(oracles, "rosinality_64_small")
    layers = [layer for layer in G.modules() if isinstance(layer, SynthesisLayer)]
    for i, layer in enumerate(layers):
        size = layer.resolution
        drawn = np.random.RandomState(100 + i).randn(1, 1, size, size)
        layer.noise_const.copy_(torch.from_numpy(drawn)[0, 0])
    assert_near(G(n["z"]), n["img_extnoise_seed100+i"])


@pytest.fixture(scope="module")
def siskon(oracles):
    contents = read_contents((oracles / "stylegan1_small_trained.pth").read_bytes())
    mapping = as_mapping(contents.value)
    parts = {k: tensors_of(mapping[k], contents.storages) for k in ("generator", "discriminator")}
    return parts, numbers_of(oracles, "stylegan1_small")


@torch.no_grad()
def test_stylegan1_pictures_are_equal(siskon):
    parts, n = siskon
    config, tensors = from_siskon(parts["generator"])  # all resolutions, trained or not
    G = ProgressiveGenerator(config)
    G.load_state_dict({**tensors, "mapping.w_avg": n["w_center"][0]})
    for level, size in enumerate(G.synthesis.resolutions[:5]):
        drawn = np.random.RandomState(50 + level).randn(2, 1, size, size)
        for layer in (0, 1):
            block = G.synthesis.get_submodule(f"b{size}.layer{layer}")
            block.noise_const = torch.from_numpy(drawn).float()
    ws, other = G.map_to_w(n["z"]), G.map_to_w(n["z2"])
    for level, fade in ((1, 0.3), (2, 1), (3, 0.5), (4, 1)):
        image = G.synthesis(ws, resolution=4 << level, fade=fade)
        assert_near(image, n[f"img_step{level}_a{fade}"])
    near = G.map_to_w(n["z"], truncation_psi=0.7)
    assert_near(G.synthesis(near, resolution=64, fade=1), n["img_step4_trunc0.7"])
    mixed = torch.cat([ws[:, :4], other[:, 4:10], ws[:, 10:]], dim=1)
    assert_near(G.synthesis(mixed, resolution=64, fade=1), n["img_step4_mix_2_3_4"])


@torch.no_grad()
def test_stylegan1_scores_are_equal(siskon):
    parts, n = siskon
    theirs = parts["discriminator"]
    channels = [theirs[f"from_rgbs.{8 - level}.conv.bias"].shape[0] for level in range(9)]
    D = ProgressiveDiscriminator(tuple(channels))
    state = {
        "out.weight": theirs["fc.linear.weight_orig"] * ROOT,
        "out.bias": theirs["fc.linear.bias"],
    }
    for level in range(9):
        names = {"fromrgb": f"from_rgbs.{8 - level}.conv"}
        names |= {f"conv{i}": f"convs.{8 - level}.conv.{2 * i}.conv" for i in range(2)}
        for ours, their in names.items():
            linear = ours == "fromrgb"  # our leaky ReLU, in the others, has the gain of the root
            weight = theirs[f"{their}.weight_orig"] * (ROOT if linear else 1)
            flat = level == 0 and ours == "conv1"
            state[f"b{4 << level}.{ours}.weight"] = weight.flatten(1) if flat else weight
            state[f"b{4 << level}.{ours}.bias"] = theirs[f"{their}.bias"] / (1 if linear else ROOT)
    D.load_state_dict(state)
    for level, fade in ((1, 0.3), (2, 1), (3, 0.5), (4, 1)):
        score = D(n[f"img_step{level}_a{fade}"], fade=fade)
        torch.testing.assert_close(score, n[f"D_step{level}_a{fade}"], atol=ATOL, rtol=1e-4)


def test_imported_stylegan1_stops_where_its_training_did(oracles):
    bundle = read_checkpoint(oracles / "stylegan1_small_trained.pth").parts["generator"]
    assert load_generator(bundle).config.resolution == 64


def test_stylegan2_tensors_are_read_as_they_are(oracles, reference):
    bundle = read_checkpoint(oracles / "stylegan2ada_64_auto.safetensors").parts["generator"]
    for name, tensor in reference.G.state_dict().items():
        assert torch.equal(bundle.tensors[name], tensor), name


def test_translator_is_read_whole(oracles):
    path = oracles / "cyclegan_resnet_6blocks_latest_net_G.pth"
    bundle = read_checkpoint(path).parts["translator"]
    expected = torch.load(path, weights_only=True)
    assert bundle.tensors.keys() == expected.keys()
    assert all(torch.equal(bundle.tensors[name], expected[name]) for name in expected)
    assert bundle.config["translator"]["blocks"] == 6


def test_mini_xception_is_read_whole(oracles):
    h5py = pytest.importorskip("h5py")
    path = oracles / "fer2013_mini_XCEPTION.102-0.66.hdf5"
    bundle = read_checkpoint(path).parts["keras"]
    with h5py.File(path) as file:
        kernel = file["model_weights/conv2d_1/conv2d_1_1/kernel:0"][()]
    assert len(bundle.tensors) == 80
    assert torch.equal(bundle.tensors["conv2d_1/kernel"], torch.from_numpy(kernel))
    assert "layers" in bundle.config["keras"]["config"]
