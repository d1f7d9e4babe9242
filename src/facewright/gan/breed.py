"""Make one generator out of two, layer by layer.

If one generator was fine-tuned from the other, a layer of the one can follow a layer of the other.
Coarse layers carry the shape of a face and fine ones its
surface, so that a crossing gives the proportions of a drawing with the skin of a photograph, or the
other way round.

The two may draw pictures of different sizes, if the one was made larger by a block of layers: what
is bred is as large as the second. Where the first has no layers, it counts as enlarging its picture
and adding nothing.

Source: Pinkney and Adler, "Resolution Dependent GAN Interpolation for Controllable Image Synthesis
Between Domains", 2020.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import build_generator

_LAYER = re.compile(r"synthesis\.b(\d+)\.")
_SUMMED = re.compile(r"\.torgb\.(weight|bias)$")  # what a layer adds to the picture
_LEFT_OUT = {"conv_clamp", "fade", "z_dim", "c_dim", "mapping_layers"}  # no layer that draws


@dataclass(frozen=True, slots=True)
class Crossing:
    """How much of each layer comes from which of two generators."""

    at: int | None = None
    """Layers of fewer pixels come from the low generator, those of as many or more from the high
    one. None takes all layers alike, those from z to w too."""
    width: float = 0.0
    """Width of the transition, in doublings of the resolution; 0 is abrupt."""
    amount: float = 1.0
    """Weight of the high generator, 0 to 1."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is out of range.
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
        low: Gives the layers of low resolution, and the mapping network.
        high: Gives the layers of high resolution. Of the same architecture, and best fine-tuned
            from the other, or both from a third. Its pictures may be larger or smaller.
        crossing: Where one ends and the other begins.

    Returns:
        A new generator on the device of `low`, frozen, whose pictures are as large as those of
        `high`. At share s a tensor is low + s · (high - low), to the last bit where s is 0 or 1.

    Raises:
        WeightsError: The architectures differ.
        InputError: There are no layers of so many pixels.
    """
    check_kinship(low, high)
    _check_crossing(low.config.resolution, high.config.resolution, crossing)
    bred = build_generator(replace(low.config, resolution=high.config.resolution))
    bred.load_state_dict(breed_tensors(low.state_dict(), high.state_dict(), crossing))
    if crossing.share(None) == 0:  # the mapping network, and so w, is that of `low`
        bred.centres = low.centres
    return bred.to(low.mapping.w_avg.device).freeze()


def breed_tensors(
    low: dict[str, torch.Tensor], high: dict[str, torch.Tensor], crossing: Crossing
) -> dict[str, torch.Tensor]:
    """Return the tensors of two generators crossed, by name.

    Args:
        low: Name → tensor.
        high: The same names and shapes. Where those from z to w differ, the low ones are kept.
            Layers that it lacks are left out; of layers that only it has, what they add to the
            picture counts as much as their share.
        crossing: Where one ends and the other begins.
    """
    found = {}
    for name in _name_tensors(low, high):
        one, other, layer = low.get(name), high.get(name), _LAYER.match(name)
        share = crossing.share(int(layer[1]) if layer else None)
        if one is None:
            found[name] = high[name] * share if _SUMMED.search(name) else high[name].clone()
        elif other is None or other.shape != one.shape:
            found[name] = one.clone()
        elif share in (0, 1):
            found[name] = (other.to(one.device) if share else one).clone()
        else:
            mixed = one.float().lerp(other.to(one.device).float(), share)
            found[name] = mixed.to(one.dtype)
    return found


def _name_tensors(low: Mapping[str, torch.Tensor], high: Mapping[str, torch.Tensor]) -> list[str]:
    """Return the names of the result: the mapping of `low` and the synthesis of `high`."""
    mapped = [name for name in low if not _LAYER.match(name)]
    return mapped + [name for name in high if _LAYER.match(name)]


def _check_crossing(low: int, high: int, crossing: Crossing) -> None:
    """Raise unless there are layers on both sides of a crossing, without a gap between.

    Raises:
        InputError: There are none of so many pixels.
    """
    if crossing.at is None:
        return
    for name, has, last in (("HIGH", high, high), ("LOW", low, 2 * low)):
        if crossing.at > last:
            raise InputError(
                f"{name} has layers of 4 to {has} pixels, and cannot cross at {crossing.at}",
                hint=f"--at {min(high, 2 * low)} at most",
            )


def check_kinship(low: Generator, high: Generator) -> None:
    """Raise unless the synthesis layers that two generators share are of one shape.

    The resolutions may differ where every block adds to the picture (`skip`).

    Raises:
        WeightsError: They differ; the error says in what.
    """
    ones, others = asdict(low.config), asdict(high.config)
    summed = all(
        type(one.config) is GeneratorConfig and one.config.architecture == "skip"
        for one in (low, high)
    )
    left_out = _LEFT_OUT | ({"resolution"} if summed else set())
    names = [name for name in ones.keys() | others.keys() if name not in left_out]
    apart = sorted(name for name in names if ones.get(name) != others.get(name))
    if not apart:
        return
    told = ", ".join(f"{name} {ones.get(name)} and {others.get(name)}" for name in apart)
    raise WeightsError(
        f"only generators of one architecture can be bred, and these differ: {told}",
        hint="train one on from the other: facewright train generator PICTURES --resume WEIGHTS",
    )
