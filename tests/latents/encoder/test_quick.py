import copy

import torch

from facewright.device import seeded
from facewright.latents.encoder.quick import quicken

FACES = torch.rand(2, 3, 32, 32, generator=seeded(0)) * 2 - 1


def shake_norms(encoder):
    """Give the normalisations something to do."""
    rng = seeded(3)
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=rng))
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=rng) + 0.5)
    return encoder


def test_a_quick_encoder_finds_the_same_latents(encoder):
    shake_norms(encoder)
    before = copy.deepcopy(encoder.state_dict())
    torch.testing.assert_close(quicken(encoder, torch.float32)(FACES), encoder(FACES))
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())


def test_fewer_bits_move_them_a_little(encoder):
    offsets = shake_norms(encoder)(FACES) - encoder.latent_avg
    quick = quicken(encoder, torch.bfloat16)
    found = quick(FACES)
    assert found.dtype == torch.float32
    off = (found - encoder.latent_avg - offsets).norm() / offsets.norm()
    assert 0 < off < 0.05


def test_norms_before_a_convolution_stay(encoder):
    norms = [
        m for m in quicken(encoder, torch.float32).modules() if type(m).__name__ == "BatchNorm2d"
    ]
    assert len(norms) == len(encoder.body)
