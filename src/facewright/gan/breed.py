"""Make one generator out of two, layer by layer.

Two generators of which one was trained on from the other still understand each other: a layer of
the one can follow a layer of the other. Coarse layers carry the shape of a face and fine ones its
surface, so that a crossing gives the proportions of a drawing with the skin of a photograph, or the
other way round.

Source: Pinkney and Adler, "Resolution Dependent GAN Interpolation for Controllable Image Synthesis
Between Domains", 2020.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass

import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.gan.weights import build_generator

_LAYER = re.compile(r"synthesis\.b(\d+)\.")
_LEFT_OUT = {"conv_clamp", "fade", "z_dim", "c_dim", "mapping_layers"}  # no layer that draws


@dataclass(frozen=True, slots=True)
class Crossing:
    """How much of each layer comes from which of two generators."""

    at: int | None = None
    """Layers of fewer pixels come from the low generator, those of as many or more from the high
    one. None takes all layers alike, those from z to w too."""
    width: float = 0.0
    """How soft the crossing is, in doublings of the resolution; 0 is hard."""
    amount: float = 1.0
    """How far the way to the high generator goes, 0 to 1."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: One makes no sense.
        """
        if self.at is not None and (self.at < 4 or self.at.bit_count() != 1):
            raise InputError(
                f"layers have 4, 8, 16, ... pixels, not {self.at}", hint="such as --at 16"
            )
        if not 0 <= self.width < math.inf:
            raise InputError(f"the width of a crossing is 0 or more, not {self.width:g}")
        if not 0 <= self.amount <= 1:
            raise InputError(
                f"an amount is from 0 (the low generator) to 1 (the high one), not {self.amount:g}"
            )

    def share(self, resolution: int | None) -> float:
        """Return how much of a layer comes from the high generator, 0 to 1.

        Args:
            resolution: Of the layer in pixels; None is the mapping network, which a crossing leaves
                to the low generator.

        Example:
            >>> Crossing(at=16).share(8), Crossing(at=16).share(16)
            (0.0, 1.0)
        """
        if self.at is None:
            return self.amount
        if resolution is None:
            return 0.0
        beyond = math.log2(resolution / self.at) + 0.5  # doublings, from between two resolutions
        if self.width == 0:
            return self.amount if beyond > 0 else 0.0
        return self.amount * (0.5 + 0.5 * math.tanh(beyond / (2 * self.width)))  # logistic


def breed_generators(low: Generator, high: Generator, crossing: Crossing) -> Generator:
    """Return a generator whose layers come from two.

    Args:
        low: Gives the layers of few pixels, and those from z to w.
        high: Gives the layers of many pixels. Of the same architecture, best trained on from the
            other one, or both from a third.
        crossing: Where one ends and the other begins.

    Returns:
        A new generator on the device of `low`, for use. At share s a tensor is
        low + s · (high - low), to the last bit where s is 0 or 1.

    Raises:
        WeightsError: The architectures differ.
        InputError: There are no layers of so many pixels.
    """
    check_kinship(low, high)
    if crossing.at is not None and crossing.at > low.config.resolution:
        raise InputError(
            f"these generators have layers of 4 to {low.config.resolution} pixels, none of "
            f"{crossing.at}"
        )
    bred = build_generator(low.config)
    bred.load_state_dict(breed_tensors(low.state_dict(), high.state_dict(), crossing))
    return bred.to(low.mapping.w_avg.device).freeze()


def breed_tensors(
    low: dict[str, torch.Tensor], high: dict[str, torch.Tensor], crossing: Crossing
) -> dict[str, torch.Tensor]:
    """Return the tensors of two generators crossed, by name.

    Args:
        low: Name → tensor.
        high: The same names and shapes. Where they differ, as those from z to w may, the low ones
            are kept.
        crossing: Where one ends and the other begins.
    """
    found = {}
    for name, tensor in low.items():
        layer, other = _LAYER.match(name), high.get(name)
        share = crossing.share(int(layer[1]) if layer else None)
        if other is None or other.shape != tensor.shape:
            found[name] = tensor.clone()
            continue
        other = other.to(tensor.device)
        if share in (0, 1):
            found[name] = (other if share else tensor).clone()
        else:
            found[name] = tensor.float().lerp(other.float(), share).to(tensor.dtype)
    return found


def check_kinship(low: Generator, high: Generator) -> None:
    """Raise unless the layers that draw are the same in two generators.

    Raises:
        WeightsError: They differ; the error says in what.
    """
    ones, others = asdict(low.config), asdict(high.config)
    names = [name for name in ones.keys() | others.keys() if name not in _LEFT_OUT]
    apart = sorted(name for name in names if ones.get(name) != others.get(name))
    if not apart:
        return
    told = ", ".join(f"{name} {ones.get(name)} and {others.get(name)}" for name in apart)
    raise WeightsError(
        f"only generators of one architecture can be bred, and these differ: {told}",
        hint="train one on from the other: facewright train generator PICTURES --resume WEIGHTS, "
        "with pictures of the same size",
    )
