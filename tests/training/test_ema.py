import pytest
import torch
from torch import nn

from facewright.training.ema import update_ema


class Net(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((2, 3), value))
        self.register_buffer("average", torch.full((4,), value))


def move(**options: float) -> float:
    ema, model = Net(0.0), Net(1.0)
    update_ema(ema, model, **options)
    assert torch.equal(model.weight, torch.ones(2, 3))
    assert torch.equal(ema.average, model.average)
    assert ema.weight.requires_grad
    assert ema.weight.grad_fn is None
    return ema.weight[0, 0].item()


def test_half_the_distance_after_the_half_life():
    assert move(images=10_000, batch=500, half_life=500) == 0.5
    assert move(images=10_000, batch=32, half_life=10_000) == pytest.approx(1 - 0.5**0.0032)


def test_rampup_shortens_the_half_life_at_the_start():
    assert move(images=1000, batch=50, half_life=10_000, rampup=0.05) == 0.5
    assert move(images=10**6, batch=500, half_life=500, rampup=0.05) == 0.5


def test_first_step_copies():
    assert move(images=0, batch=8, half_life=10_000, rampup=0.05) == 1
    assert move(images=0, batch=8, half_life=0) == 1


def test_steps_add_up_to_one_large_step():
    once, often, model = Net(0.0), Net(0.0), Net(1.0)
    update_ema(once, model, images=0, batch=64, half_life=100)
    for _ in range(8):
        update_ema(often, model, images=0, batch=8, half_life=100)
    torch.testing.assert_close(once.weight, often.weight)
