import torch

from facewright.device import seeded
from facewright.gan.training.projected.patches import PatchDiscriminator, patch_loss


def test_each_patch_of_a_picture_gets_a_score():
    scores = PatchDiscriminator()(torch.zeros(2, 3, 32, 48))
    assert scores.shape == (2, 1, 4, 6)
    assert scores.dtype == torch.float32


def test_it_learns_that_a_spot_belongs_to_one_side_only():
    torch.default_generator.set_state(seeded(0).get_state())
    network = PatchDiscriminator()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.0, 0.99))
    reals = torch.zeros(2, 3, 32, 32)
    reals[..., 8:16, 4:12] = 1
    fakes = reals.flip(-1)
    for _ in range(60):
        loss = patch_loss(network(reals), network(fakes))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 1.0  # 2 before; without the position, mirrored patches tie
    with torch.no_grad():
        assert float(network(reals).mean()) > float(network(fakes).mean())
