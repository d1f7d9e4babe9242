"""What is exported comes back as the same generator, and ONNX draws without PyTorch."""

import numpy as np
import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.gan.stylegan1.networks import ProgressiveConfig, ProgressiveGenerator
from facewright.gan.weights import load_generator
from facewright.interop.onnx import build_onnx
from facewright.interop.read import read_checkpoint
from facewright.interop.write import write_generator


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_import_of_an_export_is_the_same_generator(suffix, small, tmp_path):
    path = tmp_path / f"faces{suffix}"
    write_generator(path, small)
    back = load_generator(read_checkpoint(path).parts["generator"])
    assert back.config == small.config
    for name, tensor in small.state_dict().items():
        assert torch.equal(back.state_dict()[name], tensor), name


def test_clamp_survives_as_safetensors(tiny_config, shake, tmp_path):
    config = tiny_config(conv_clamp=2.0, architecture="resnet")
    write_generator(tmp_path / "x.safetensors", shake(Generator(config)))
    bundle = read_checkpoint(tmp_path / "x.safetensors").parts["generator"]
    assert load_generator(bundle).config == config


def test_file_for_rosinality_is_one_that_pytorch_trusts(small, tmp_path):
    write_generator(tmp_path / "x.pt", small)
    state = torch.load(tmp_path / "x.pt", weights_only=True)
    assert set(state) == {"g_ema", "latent_avg"}
    assert state["g_ema"]["convs.0.conv.weight"].shape == (1, 8, 8, 3, 3)


def test_labels_and_stylegan1_have_no_place_there(tiny_config, tmp_path):
    with pytest.raises(WeightsError, match="labels"):
        write_generator(tmp_path / "x.pt", Generator(tiny_config(c_dim=2)))
    grown = ProgressiveGenerator(ProgressiveConfig(4, z_dim=4, w_dim=4, channels=(4,)))
    with pytest.raises(WeightsError, match="StyleGAN 1"):
        write_generator(tmp_path / "x.pt", grown)
    assert list(tmp_path.iterdir()) == []


def test_unknown_form_is_an_error(small, tmp_path):
    with pytest.raises(InputError, match="no form"):
        write_generator(tmp_path / "x.ckpt", small)


@pytest.fixture
def session():
    """What opens an ONNX model: bytes → function from inputs to pictures."""
    runtime = pytest.importorskip("onnxruntime")

    def open_model(data):
        options = runtime.SessionOptions()
        options.log_severity_level, options.intra_op_num_threads = 4, 1
        model = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])

        def draw(**inputs):
            arrays = {name: np.asarray(x, np.float32) for name, x in inputs.items()}
            return torch.from_numpy(model.run(["images"], arrays)[0])

        return draw

    return open_model


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"architecture": "resnet"},
        {"architecture": "orig"},
        {"c_dim": 3},
        {"conv_clamp": 1.0},
        {"linear_rgb": 8},
    ],
    ids=str,
)
def test_onnx_draws_the_same_pictures_in_any_batch(changes, tiny_config, shake, session):
    pytest.importorskip("onnx")
    generator = shake(Generator(tiny_config(**changes))).eval()
    draw = session(build_onnx(generator))
    for count in (1, 3):
        z = torch.randn(count, 8, generator=seeded(count))
        labels = {"c": torch.eye(3)[:count]} if changes.get("c_dim") else {}
        with torch.no_grad():
            plain = generator(z, labels.get("c"))
            near = generator(z, labels.get("c"), truncation_psi=0.5)
        torch.testing.assert_close(draw(z=z, **labels), plain, atol=1e-4, rtol=0)
        torch.testing.assert_close(draw(z=z, psi=[0.5], **labels), near, atol=1e-4, rtol=0)


def test_noise_is_an_input_of_the_onnx_model(small, session):
    pytest.importorskip("onnx")
    draw, z = session(build_onnx(small)), torch.randn(2, 8, generator=seeded(4))
    names = ("b4_conv1", "b8_conv0", "b8_conv1", "b16_conv0", "b16_conv1")
    sizes = {name: int(name[1:].partition("_")[0]) for name in names}
    zeros = {f"noise_{name}": np.zeros((1, 1, size, size)) for name, size in sizes.items()}
    own = {f"noise_{name}": np.ones((2, 1, size, size)) for name, size in sizes.items()}
    with torch.no_grad():
        torch.testing.assert_close(draw(z=z, **zeros), small(z, noise="none"), atol=1e-4, rtol=0)
        for layer in (m for m in small.modules() if hasattr(m, "noise_const")):
            layer.noise_const.fill_(1)
        torch.testing.assert_close(draw(z=z, **own), small(z), atol=1e-4, rtol=0)
