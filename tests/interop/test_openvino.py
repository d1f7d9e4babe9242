"""Pictures that OpenVINO draws."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.interop.onnx import build_onnx
from facewright.interop.openvino import compile_synthesis, is_compiled


@pytest.fixture
def generator(tiny_config, shake):
    return shake(Generator(tiny_config())).freeze()


@pytest.fixture
def ws(generator):
    """Latents with other styles in each layer."""
    z = torch.randn(2 * generator.num_ws, 8, generator=seeded(1))
    with torch.no_grad():
        return generator.mapping(z).unflatten(0, (2, generator.num_ws))


@pytest.mark.parametrize("noise", ["const", "none"])
def test_a_model_without_mapping_draws_from_styles_of_each_layer(generator, ws, noise):
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    model = build_onnx(generator, mapping=False, noise=noise == "const")
    drawn = ReferenceEvaluator(onnx.load_from_string(model)).run(["images"], {"ws": ws.numpy()})[0]
    plain = generator.synthesis(ws, noise=noise)
    torch.testing.assert_close(torch.from_numpy(drawn), plain, atol=1e-4, rtol=0)


@pytest.mark.parametrize("noise", ["const", "none"])
def test_pictures_are_those_of_pytorch(generator, ws, noise):
    pytest.importorskip("openvino")
    compiled = compile_synthesis(generator)
    assert is_compiled(compiled)
    assert not is_compiled(generator)
    for count in (2, 1):
        plain = generator.synthesis(ws[:count], noise=noise)
        drawn = compiled.synthesis(ws[:count], noise=noise)
        torch.testing.assert_close(drawn, plain, atol=1e-4, rtol=0)


def test_threads_draw_at_the_same_time(generator, ws):
    pytest.importorskip("openvino")
    compiled = compile_synthesis(generator)
    alone = [compiled.synthesis(one[None]) for one in ws]
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(lambda i: compiled.synthesis(ws[i % 2][None]), range(64)))
    assert all(torch.equal(drawn, alone[i % 2]) for i, drawn in enumerate(beside))


def test_without_the_package_an_error_names_the_extra(generator, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(WeightsError, match="not installed") as caught:
        compile_synthesis(generator)
    assert "facewright[openvino]" in caught.value.hint


def test_other_devices_and_networks_are_refused(generator):
    with pytest.raises(InputError, match="on the CPU"):
        compile_synthesis(generator.to("meta"))
    with pytest.raises(InputError, match="StyleGAN2 alone"):
        compile_synthesis(torch.nn.Identity())
