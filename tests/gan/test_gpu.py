"""What only a GPU can show: the same pictures, the same training, in fewer seconds."""

import pytest
import torch

from facewright.device import pick_dtype, seeded
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.ops.upfirdn import setup_filter, upfirdn2d
from facewright.latents.sample import SamplingConfig, draw_styles

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
CUDA = torch.device("cuda")


def test_resampling_is_that_of_the_cpu():
    x, f = torch.randn(2, 8, 16, 16, generator=seeded(0)), setup_filter((1, 3, 3, 1))
    for up, down, padding in ((1, 1, 1), (2, 1, (2, 1, 2, 1)), (1, 2, 1)):
        here = upfirdn2d(x, f, up=up, down=down, padding=padding)
        there = upfirdn2d(x.to(CUDA), f.to(CUDA), up=up, down=down, padding=padding)
        torch.testing.assert_close(there.cpu(), here, rtol=1e-4, atol=1e-5)


def test_pictures_are_those_of_the_cpu(tiny_config, shake):
    generator = shake(Generator(tiny_config())).freeze()
    ws = generator.map_to_w(torch.randn(4, 8, generator=seeded(1)))
    here = draw_styles(generator, ws, batch=4)
    there = draw_styles(generator.to(CUDA).freeze(), ws.to(CUDA), batch=4)
    assert abs(here.astype(int) - there.astype(int)).max() <= 1


def test_half_precision_pictures_are_near_float32():
    generator = Generator(GeneratorConfig(64, channel_base=2048, conv_clamp=256)).to(CUDA).freeze()
    ws = generator.map_to_w(torch.randn(4, 512, generator=seeded(1)).to(CUDA))
    exact = draw_styles(generator, ws, batch=4).astype(float)
    for dtype in {pick_dtype(CUDA), torch.float16}:
        near = draw_styles(generator, ws, sampling=SamplingConfig(dtype=dtype), batch=4).astype(
            float
        )
        assert ((near - exact) ** 2).mean() < 255**2 / 10**4  # 40 dB


def test_training_runs_stops_and_goes_on(tiny_dataset, tiny_options, tmp_path):
    from tests.gan.fixtures import train_generator

    first = train_generator(tiny_dataset, tmp_path, tiny_options(kimg=0.016), device=CUDA)
    second = train_generator(tiny_dataset, tmp_path, tiny_options(kimg=0.032), device=CUDA)
    assert first.exists()
    assert second.exists()
    assert (tmp_path / "stats.jsonl").read_text().count("\n") >= 2
