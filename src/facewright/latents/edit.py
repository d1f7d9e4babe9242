"""Operations on latents: style mixing, injection, interpolation, walks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import torch

from facewright.errors import InputError

RANGES = {"coarse": (0, 4), "middle": (4, 8), "fine": (8, 18)}
"""Ranges of layers: up to 8×8 pixels, up to 32×32, above (Karras et al. 2019, section 3.1)."""

_PART = re.compile(r"(\d{1,9})(?:\s*-\s*(\d{0,9}))?")
_WEIGHT = re.compile(r"0?\.\d{1,6}|[01](?:\.0{0,6})?")


def parse_layers(text: str, num_ws: int) -> tuple[int, ...]:
    """Parse a choice of layers.

    Args:
        text: "all", "coarse", "middle", "fine", numbers, ranges such as "0-3" or "4-" (to the
            end), or several of these separated by commas.
        num_ws: Number of style vectors that the generator takes.

    Returns:
        The layers, counted from 0, ascending, each once.

    Raises:
        InputError: A part is not understood, or the generator has no such layer.

    Example:
        >>> parse_layers("coarse,7", 10)
        (0, 1, 2, 3, 7)
    """
    found: set[int] = set()
    for part in (part.strip().lower() for part in text.split(",")):
        found.update(_read_part(part, num_ws))
    return tuple(sorted(found))


def parse_weights(text: str, num_ws: int) -> dict[int, float]:
    """Parse a choice of layers, each with a weight after a colon, or 1.

    Args:
        text: As for `parse_layers`, such as "0-3:0.2,fine"; of parts that overlap the last counts;
            "none" for no layers.
        num_ws: Number of style vectors that the generator takes.

    Returns:
        Layer, counted from 0 → weight, in ascending order.

    Raises:
        InputError: As for `parse_layers`, or a weight is not 0 to 1.

    Example:
        >>> parse_weights("0-2:0.25,7", 10)
        {0: 0.25, 1: 0.25, 2: 0.25, 7: 1.0}
    """
    found: dict[int, float] = {}
    for part in text.split(",") if text.strip().lower() != "none" else ():
        layers, colon, weight = part.partition(":")
        if colon and not _WEIGHT.fullmatch(weight.strip()):
            raise InputError(f"`{weight}` is no weight", hint="0 to 1, such as fine:0.5")
        found |= dict.fromkeys(parse_layers(layers, num_ws), float(weight or 1))
    return dict(sorted(found.items()))


def format_layers(layers: Sequence[int] | Mapping[int, float]) -> str:
    """Write layers as `parse_layers` reads them, or weights as `parse_weights` does.

    Args:
        layers: From 0, ascending, each once; or layer → weight.

    Example:
        >>> format_layers([0, 1, 2, 7])
        '0-2,7'
        >>> format_layers({0: 0.25, 1: 0.25, 2: 1.0})
        '0-1:0.25,2'
    """
    runs: list[list[int]] = []
    for layer in layers:
        if runs and layer == runs[-1][1] + 1 and _weigh(layers, layer) == _weigh(layers, layer - 1):
            runs[-1][1] = layer
        else:
            runs.append([layer, layer])
    parts = [(f"{a}" if a == b else f"{a}-{b}", _weigh(layers, a)) for a, b in runs]
    return ",".join(f"{p}:{weight:g}" if weight != 1 else p for p, weight in parts) or "none"


def _weigh(layers: Sequence[int] | Mapping[int, float], layer: int) -> float:
    """Return the weight of a layer."""
    return layers[layer] if isinstance(layers, Mapping) else 1.0


def mix_styles(
    ws: torch.Tensor,
    other: torch.Tensor,
    layers: Sequence[int] | Mapping[int, float],
    *,
    strength: float = 1.0,
) -> torch.Tensor:
    """Replace the styles of some layers by those of another face: style mixing, or injection.

    Args:
        ws: (n, num_ws, w_dim), the faces to change.
        other: (n or 1, num_ws, w_dim), the faces that give the styles.
        layers: The layers to replace, counted from 0; or layer → weight, which `strength` scales.
        strength: 1 replaces, 0 changes nothing, values between blend.

    Returns:
        (n, num_ws, w_dim).

    Raises:
        InputError: The shapes do not fit, or a layer does not exist.
    """
    if ws.shape[1:] != other.shape[1:]:
        raise InputError(f"styles of {tuple(other.shape)} do not fit {tuple(ws.shape)}")
    if layers and not 0 <= min(layers) <= max(layers) < ws.shape[1]:
        raise InputError(f"layers are 0 to {ws.shape[1] - 1}, not {list(layers)}")
    mixed, chosen = ws.clone(), list(layers)
    weights = ws.new_tensor([strength * _weigh(layers, layer) for layer in chosen])[
        :, None
    ]  # [k 1]
    mixed[:, chosen] = ws[:, chosen].lerp(other[:, chosen].expand_as(ws[:, chosen]), weights)
    return mixed


def extend_styles(ws: torch.Tensor, num_ws: int) -> torch.Tensor:
    """Fit w+ of one generator to another of higher or lower resolution.

    The first layers of a generator that was fine-tuned from a smaller one are those of the smaller
    one; its further layers take the last style.

    Args:
        ws: (n, num_ws, w_dim).
        num_ws: Number of style vectors that the other generator takes.

    Returns:
        (n, num_ws, w_dim): the last style repeated, or the last ones left out.
    """
    more = num_ws - ws.shape[1]
    if more <= 0:
        return ws[:, :num_ws]
    return torch.cat([ws, ws[:, -1:].expand(-1, more, -1)], dim=1)


def draw_layers(num_ws: int, size: int, count: int, rng: torch.Generator) -> list[tuple[int, ...]]:
    """Draw random sets of layers to mix, without repetition.

    Args:
        num_ws: Number of style vectors that the generator takes.
        size: Number of layers in a set.
        count: Number of sets to draw.
        rng: The random number generator.

    Returns:
        `count` sets of layers, counted from 0, ascending.

    Raises:
        InputError: `size` is not 1 to `num_ws`, or there are fewer than `count` sets.
    """
    if not 1 <= size <= num_ws:
        raise InputError(f"{size} layers cannot be drawn of {num_ws}", hint=f"1 to {num_ws}")
    if not 1 <= count <= math.comb(num_ws, size):
        raise InputError(
            f"there are {math.comb(num_ws, size)} ways to choose {size} of {num_ws} layers, "
            f"not {count}",
            hint='draw fewer, or choose more layers each time, such as layers="random:3"',
        )
    drawn: dict[tuple[int, ...], None] = {}
    while len(drawn) < count:
        order = torch.randperm(num_ws, generator=rng)[:size]
        drawn[tuple(sorted(order.tolist()))] = None
    return list(drawn)


def slerp(a: torch.Tensor, b: torch.Tensor, t: float) -> torch.Tensor:
    """Interpolate spherically between two z (Shoemake 1985).

    Args:
        a: (..., dim).
        b: (..., dim).
        t: 0 is `a`, 1 is `b`.

    Returns:
        (..., dim). Its norm is interpolated linearly.
    """
    along = a.norm(dim=-1, keepdim=True).lerp(b.norm(dim=-1, keepdim=True), t)
    unit_a, unit_b = (x / x.norm(dim=-1, keepdim=True).clamp_min(1e-12) for x in (a, b))
    cosine = (unit_a * unit_b).sum(dim=-1, keepdim=True).clamp(-1, 1)
    angle = cosine.acos()
    sine = angle.sin()
    straight = unit_a.lerp(unit_b, t)
    curved = (((1 - t) * angle).sin() * unit_a + (t * angle).sin() * unit_b) / sine.clamp_min(1e-12)
    return torch.where(sine < 1e-6, straight, curved) * along


def lerp(a: torch.Tensor, b: torch.Tensor, t: float) -> torch.Tensor:
    """Interpolate linearly, as is usual in w: 0 is `a`, 1 is `b`."""
    return a.lerp(b, t)


def walk(
    keys: torch.Tensor,
    steps: int,
    *,
    between: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor] = lerp,
    loop: bool = True,
    ease: bool = True,
) -> torch.Tensor:
    """Return latents along a path through keys.

    Args:
        keys: (k, ...), the latents to pass through; at least two.
        steps: Number of latents to return in all, at least two.
        between: The interpolation: `lerp` for w, `slerp` for z.
        loop: Return to the first key, so that a clip can repeat without a jump.
        ease: Slow down at the keys.

    Returns:
        (steps, ...). The first is the first key; the last is the last key, or, in a loop, the
        step before the first.

    Raises:
        InputError: There are too few keys or steps.
    """
    if len(keys) < 2 or steps < 2:
        raise InputError(
            f"a walk needs two keys and two steps, not {len(keys)} and {steps}",
            hint='name at least two seeds, such as seeds="1,2,3"',
        )
    legs = len(keys) if loop else len(keys) - 1
    path = []
    for step in range(steps):
        place = step * legs / (steps if loop else steps - 1)
        leg = min(int(place), legs - 1)
        t = place - leg
        t = (1 - math.cos(math.pi * t)) / 2 if ease else t
        path.append(between(keys[leg], keys[(leg + 1) % len(keys)], t))
    return torch.stack(path)


def _read_part(part: str, num_ws: int) -> range:
    """Read a name, a number or a range."""
    if part == "all":
        return range(num_ws)
    if part in RANGES:
        start, stop = RANGES[part]
        if start >= num_ws:
            raise InputError(f"this generator has {num_ws} layers, none of them {part}")
        return range(start, min(stop, num_ws))
    match = _PART.fullmatch(part)
    if not match:
        raise InputError(
            f"`{part}` names no layers", hint="all, coarse, middle, fine, or such as 0-3,7"
        )
    first = int(match[1])
    last = first if match[2] is None else int(match[2] or num_ws - 1)
    if not first <= last < num_ws:
        raise InputError(f"layers are 0 to {num_ws - 1}, so `{part}` does not fit")
    return range(first, last + 1)
