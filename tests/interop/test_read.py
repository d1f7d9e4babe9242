"""Checkpoints of every layout become bundles that draw the same pictures."""

import dataclasses

import pytest
import torch
from torch.nn import functional as F

from facewright.device import seeded
from facewright.errors import WeightsError
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.bundle import load_bundle, read_card
from facewright.interop.read import read_checkpoint

GENERATORS = ("stylegan2", "stylegan2-tensorflow", "rosinality", "psp")


def read(tmp_path, data, **how):
    path = tmp_path / "faces.pkl"
    path.write_bytes(data)
    return read_checkpoint(path, **how)


def draw(generator, truncation_psi=0.6):
    z = torch.randn(3, generator.config.z_dim, generator=seeded(5))
    with torch.no_grad():
        return generator(z, truncation_psi=truncation_psi)


def assert_same_pictures(bundle, generator):
    torch.testing.assert_close(draw(load_generator(bundle)), draw(generator), atol=1e-4, rtol=0)


@pytest.mark.parametrize("layout", GENERATORS)
def test_imported_generator_draws_the_same_pictures(layout, small, writers, tmp_path):
    checkpoint = read(tmp_path, writers[layout](small))
    assert checkpoint.layout == layout
    assert next(iter(checkpoint.parts)) == "generator"
    assert_same_pictures(checkpoint.parts["generator"], small)


@pytest.mark.parametrize(
    ("layout", "protocol"),
    [*(("stylegan2", n) for n in range(6)), *(("stylegan2-tensorflow", n) for n in range(5))],
)
def test_every_protocol_of_pickles_is_read(layout, protocol, small, writers, tmp_path):
    bundle = read(tmp_path, writers[layout](small, protocol=protocol)).parts["generator"]
    assert_same_pictures(bundle, small)


def test_older_form_of_pytorch_is_read(small, writers, tmp_path):
    bundle = read(tmp_path, writers["rosinality"](small, zipped=False)).parts["generator"]
    assert_same_pictures(bundle, small)


@pytest.mark.parametrize("architecture", ["resnet", "orig"])
def test_other_architectures_and_clamps_are_recognised(
    architecture, tiny_config, shake, writers, tmp_path
):
    config = tiny_config(architecture=architecture, conv_clamp=1.5)
    generator = shake(Generator(config)).eval()
    bundle = read(tmp_path, writers["stylegan2"](generator)).parts["generator"]
    assert load_generator(bundle).config == dataclasses.replace(config, channel_base=64)
    assert_same_pictures(bundle, generator)


@pytest.mark.parametrize("settings", [{"activation": "relu"}, {"bias_gain": 1.0}], ids=str)
def test_networks_that_compute_something_else_are_refused(settings, small, writers, tmp_path):
    with pytest.raises(WeightsError, match=next(iter(settings))):
        read(tmp_path, writers["stylegan2"](small, settings=settings))


def test_stylegan3_is_told_apart(writers, tmp_path):
    state = {"synthesis.L0_36_512.weight": torch.zeros(1), "synthesis.input.freqs": torch.ones(2)}
    with pytest.raises(WeightsError, match="StyleGAN3"):
        read(tmp_path, writers["torch"]({"G_ema": state}))


def test_other_filters_are_refused(small, writers, tmp_path):
    tensors = dict(small.state_dict()) | {"synthesis.b8.resample_filter": torch.ones(4, 4) / 16}
    with pytest.raises(WeightsError, match="another filter"):
        read(tmp_path, writers["torch"]({"G_ema": tensors}))


def test_card_says_where_weights_come_from_and_not_what_nobody_said(small, writers, tmp_path):
    card = read(tmp_path, writers["stylegan2"](small)).parts["generator"].card
    assert (card.name, card.licence, card.trained_on) == ("faces", "unknown", "unknown")
    assert "faces.pkl" in card.source
    assert str(tmp_path) not in card.source
    told = read(tmp_path, writers["stylegan2"](small), name="mine", licence="MIT")
    assert told.parts["generator"].card.licence == "MIT"


def test_labels_of_conditional_networks_are_numbered(tiny_config, shake, writers, tmp_path):
    generator = shake(Generator(tiny_config(c_dim=3))).eval()
    bundle = read(tmp_path, writers["stylegan2"](generator)).parts["generator"]
    assert load_labels(bundle).groups[0].values == ("0", "1", "2")
    assert load_generator(bundle).config.c_dim == 3


def test_missing_average_is_computed_and_the_card_says_so(small, writers, tmp_path):
    bundle = read(tmp_path, writers["rosinality"](small, latent_avg=None)).parts["generator"]
    z = torch.randn(20_000, small.config.z_dim, generator=seeded(9))
    expected = small.mapping(z).mean(dim=0)
    torch.testing.assert_close(bundle.tensors["mapping.w_avg"], expected, atol=0.1, rtol=0)
    assert "average" in bundle.card.notes


def test_missing_noise_is_drawn_the_same_each_time(small, writers, tmp_path):
    state = torch.load(_save(tmp_path, writers["rosinality"](small)))["g_ema"]
    bare = {name: tensor for name, tensor in state.items() if not name.startswith("noises.")}
    first, second = (read(tmp_path, writers["torch"](bare)).parts["generator"] for _ in range(2))
    name = "synthesis.b8.conv0.noise_const"
    assert torch.equal(first.tensors[name], second.tensors[name])
    assert first.tensors[name].std() > 0.5
    assert "noise" in first.card.notes


def test_encoder_of_psp_comes_as_a_part_of_its_own(small, writers, tmp_path):
    encoder = read(tmp_path, writers["psp"](small)).parts["encoder"]
    assert encoder.card.kind == "encoder"
    assert set(encoder.tensors) == {"input_layer.0.weight", "latent_avg"}
    assert encoder.tensors["latent_avg"].shape == (small.num_ws, small.config.w_dim)
    assert encoder.config["encoder"]["options"]["encoder_type"] == "GradualStyleEncoder"


def test_names_of_wrappers_for_several_gpus_are_taken_off(small, writers, tmp_path):
    state = torch.load(_save(tmp_path, writers["rosinality"](small)))["g_ema"]
    wrapped = {f"module.{name}": tensor for name, tensor in state.items()}
    bundle = read(tmp_path, writers["torch"]({"g_ema": wrapped})).parts["generator"]
    assert "synthesis.b4.const" in bundle.tensors


WRAPPERS = [
    "_orig_mod.",
    "module.",
    "model.",
    "module.model.",
    "module._orig_mod.",
    "model.module.",
]


@pytest.mark.parametrize("prefix", WRAPPERS)
@pytest.mark.parametrize("layout", ["rosinality", "ada-state"])
def test_names_of_wrappers_are_taken_off(prefix, layout, small, writers, tmp_path):
    if layout == "rosinality":
        state = torch.load(_save(tmp_path, writers["rosinality"](small)))["g_ema"]
    else:
        state = small.state_dict()
    wrapped = {f"{prefix}{name}": tensor for name, tensor in state.items()}
    for written in ({"g_ema": wrapped}, wrapped):
        bundle = read(tmp_path, writers["torch"](written)).parts["generator"]
        assert "synthesis.b4.const" in bundle.tensors


def test_parts_that_were_compiled_are_read(small, writers, tmp_path):
    state = {name.replace(".", "._orig_mod.", 1): x for name, x in small.state_dict().items()}
    assert (
        "synthesis.b4.const" in read(tmp_path, writers["torch"](state)).parts["generator"].tensors
    )


@pytest.mark.parametrize("prefix", WRAPPERS)
def test_names_of_wrappers_around_translators_are_taken_off(prefix, writers, tmp_path):
    wrapped = {f"{prefix}{name}": tensor for name, tensor in translator(old=False).items()}
    bundle = read(tmp_path, writers["torch"](wrapped)).parts["translator"]
    assert set(bundle.tensors) == set(translator(old=False))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<!DOCTYPE html><html><head><title>Virus scan warning</title>", "a web page"),
        (b"\n<HTML><body>Sign in</body></HTML>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "a pointer of Git LFS"),
    ],
)
def test_what_came_instead_of_weights_is_named_wherever_it_is_used(data, name, tmp_path):
    path = tmp_path / "weights.pt"
    path.write_bytes(data)
    for read_it in (read_checkpoint, load_bundle, read_card):
        with pytest.raises(WeightsError, match=f"weights.pt is {name}, no weights") as caught:
            read_it(path)
        assert "download the file itself" in caught.value.hint


def translator(*, old):
    state = {"model.1.weight": torch.randn(4, 3, 7, 7), "model.1.bias": torch.zeros(4)}
    for place in (1, 5):
        state[f"model.10.conv_block.{place}.weight"] = torch.randn(4, 4, 3, 3)
        if old:
            state[f"model.10.conv_block.{place + 1}.running_mean"] = torch.zeros(4)
            state[f"model.10.conv_block.{place + 1}.num_batches_tracked"] = torch.tensor(3)
    return state | {"model.23.weight": torch.randn(3, 4, 7, 7)}


@pytest.mark.parametrize("old", [False, True])
def test_translators_of_both_forms_become_the_same(old, writers, tmp_path):
    bundle = read(tmp_path, writers["torch"](translator(old=old))).parts["translator"]
    assert set(bundle.tensors) == set(translator(old=False))
    told = bundle.config["translator"]
    assert (told["filters"], told["blocks"], told["norm"]) == (4, 1, "instance")


def test_keras_models_become_named_arrays(writers, tmp_path):
    bundle = read(tmp_path, writers["keras"](tmp_path / "model.h5")).parts["keras"]
    assert {k: tuple(v.shape) for k, v in bundle.tensors.items()} == {
        "conv2d_1/kernel": (3, 3, 1, 6),
        "dense_1/bias": (7,),
    }
    assert bundle.config["keras"]["class_name"] == "Model"


def test_keras_files_that_point_elsewhere_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    for link in (h5py.ExternalLink("/etc/passwd", "/x"), h5py.SoftLink("/model_weights")):
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file.create_group("model_weights")["a"] = link
        with pytest.raises(WeightsError, match="links elsewhere"):
            read_checkpoint(tmp_path / "x.h5")


def siskon(level=1, latent=6, channels=(5, 4)):
    """A state dictionary with the names of StyleGAN 1, at 8 pixels."""
    rng = seeded(3)
    shapes = {f"fcs.mapping.{2 * i + 1}.linear": (latent, latent) for i in range(2)}
    for i in range(level + 1):
        count, before = channels[i], channels[max(i - 1, 0)]
        convs = {"conv": count} if i == 0 else {"conv1": before, "conv2": count}
        shapes |= {f"convs.{i}.{name}.conv": (count, n, 3, 3) for name, n in convs.items()}
        shapes |= {f"convs.{i}.style{n}.transform.linear": (2 * count, latent) for n in (1, 2)}
        shapes |= {f"convs.{i}.noise{n}": (1, count, 1, 1) for n in (1, 2)}
        shapes[f"to_rgbs.{i}.conv"] = (3, count, 1, 1)
    state = {f"{k}.weight_orig": torch.randn(s, generator=rng) for k, s in shapes.items()}
    biased = {k: s for k, s in shapes.items() if ".noise" not in k}
    state |= {f"{k}.bias": torch.randn(s[0], generator=rng) for k, s in biased.items()}
    return state | {"convs.0.constant": torch.randn(1, channels[0], 4, 4, generator=rng)}


def draw_siskon(state, z):
    """Draw at 8 pixels without noise, as that project says it: √(2 / inputs) everywhere."""

    def apply(x, name):
        weight, bias = state[f"{name}.weight_orig"], state[f"{name}.bias"]
        weight = weight * (2 / weight[0].numel()) ** 0.5
        return (
            F.linear(x, weight, bias)
            if weight.ndim == 2
            else F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)
        )

    def stylise(x, name):
        factor, shift = apply(w, f"{name}.transform.linear")[:, :, None, None].chunk(2, 1)
        return F.leaky_relu(F.instance_norm(x) * factor + shift, 0.2)

    w = z / (z.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    for i in range(2):
        w = F.leaky_relu(apply(w, f"fcs.mapping.{2 * i + 1}.linear"), 0.2)
    x = stylise(state["convs.0.constant"].expand(len(z), -1, -1, -1), "convs.0.style1")
    x = stylise(apply(x, "convs.0.conv.conv"), "convs.0.style2")
    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    x = stylise(apply(x, "convs.1.conv1.conv"), "convs.1.style1")
    x = stylise(apply(x, "convs.1.conv2.conv"), "convs.1.style2")
    return apply(x, "to_rgbs.1.conv")


def test_stylegan1_draws_as_its_project_says(writers, tmp_path):
    state = siskon()
    file = {"generator": state, "parameters": (1, 10, 0, 99, 1.0), "d_losses": [float("inf")]}
    checkpoint = read(tmp_path, writers["torch"](file))
    generator = load_generator(checkpoint.parts["generator"])
    z = torch.randn(2, 6, generator=seeded(1))
    with torch.no_grad():
        drawn = generator.synthesis(generator.map_to_w(z), noise="none")
        torch.testing.assert_close(drawn, draw_siskon(state, z), atol=1e-5, rtol=1e-5)


def test_stylegan1_ends_at_the_resolution_it_was_trained_to(writers, tmp_path):
    file = {"generator": siskon(), "parameters": (0, 10, 0, 99, 1.0)}
    config = read(tmp_path, writers["torch"](file)).parts["generator"].config["progressive"]
    assert (config["resolution"], config["channels"]) == (4, [5])


def _save(tmp_path, data):
    path = tmp_path / "state.pt"
    path.write_bytes(data)
    return path
