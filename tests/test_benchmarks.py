"""The plain path that benchmarks compare with must be the same network."""

import pytest
import torch

from facewright.device import seeded
from facewright.gan.generator import Generator, GeneratorConfig

plain = pytest.importorskip("benchmarks.plain")
synthesis = pytest.importorskip("benchmarks.synthesis")


def tiny():
    generator = Generator(GeneratorConfig(32, z_dim=8, w_dim=8, channel_base=256, channel_max=16))
    rng = seeded(1)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=rng) * 0.1)
    return generator.freeze()


def test_plain_path_draws_the_same_pictures():
    generator = tiny()
    ws = generator.map_to_w(torch.randn(3, 8, generator=seeded(2)))
    expected = generator.synthesis(ws)
    difference = (plain.draw_plainly(generator, ws) - expected).abs().max()
    assert difference < 1e-4 * expected.abs().max()


def test_operations_are_counted_as_the_convolutions_multiply():
    generator = tiny()
    channels = {4: 16, 8: 16, 16: 16, 32: 8}
    expected = 2 * 9 * 16 * 16 * 16  # the first layer
    for size in (8, 16, 32):
        before, here = channels[size // 2], channels[size]
        expected += 2 * 9 * before * here * (size // 2) ** 2  # transposed: at the smaller size
        expected += 2 * 9 * here * here * size**2
    expected += sum(2 * 3 * count * size**2 for size, count in channels.items())
    assert synthesis.count_operations(generator) == expected


def test_psnr_of_equal_pictures_is_huge_and_of_different_ones_is_not():
    x = torch.rand(1, 3, 8, 8, generator=seeded(3))
    assert synthesis.psnr(x, x) > 100
    assert synthesis.psnr(x, 1 - x) < 20


def test_computing_plainly_draws_the_same_pictures_and_gradients():
    generator = Generator(GeneratorConfig(16, z_dim=8, w_dim=8, channel_base=64, channel_max=8))
    ws = torch.randn(3, generator.num_ws, 8, generator=seeded(2))

    def learn():
        generator.zero_grad()
        images = generator.synthesis(ws)
        images.square().sum().backward()
        return images.detach(), generator.synthesis.b16.conv0.weight.grad.clone()

    ours = learn()
    with plain.computing_plainly():
        theirs = learn()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)
