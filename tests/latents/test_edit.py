import contextlib
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from facewright.device import seeded
from facewright.errors import InputError
from facewright.latents.edit import (
    draw_layers,
    extend_styles,
    format_layers,
    lerp,
    mix_styles,
    parse_layers,
    parse_weights,
    slerp,
    walk,
)
from facewright.latents.sample import draw_latents, draw_styles


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


# ---------------------------------------------------------------- layers


@pytest.mark.parametrize(
    ("text", "layers", "expected"),
    [
        ("all", 6, [0, 1, 2, 3, 4, 5]),
        ("coarse", 10, [0, 1, 2, 3]),
        ("middle", 10, [4, 5, 6, 7]),
        ("fine", 10, [8, 9]),
        ("fine", 18, list(range(8, 18))),
        ("middle", 6, [4, 5]),
        ("0", 6, [0]),
        ("0-3", 6, [0, 1, 2, 3]),
        ("4-", 6, [4, 5]),
        ("3 - 4", 6, [3, 4]),
        ("5, 1,1-2", 6, [1, 2, 5]),
        ("Coarse,5", 6, [0, 1, 2, 3, 5]),
    ],
)
def test_layers_are_read(text, layers, expected):
    assert parse_layers(text, layers) == tuple(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no layers"),
        ("1,,2", "names no layers"),
        ("coarser", "`coarser` names no layers"),
        ("-3", "names no layers"),
        ("1.5", "names no layers"),
        ("6", "layers are 0 to 5"),
        ("2-6", "layers are 0 to 5"),
        ("6-", "layers are 0 to 5"),
        ("3-2", "`3-2` does not fit"),
        ("fine", "6 layers, none of them fine"),
    ],
)
def test_layers_that_do_not_exist_are_refused(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parse_layers(text, 6)


@given(st.text(max_size=12) | st.from_regex(r"[0-9a-z, \-]{0,12}"), st.integers(2, 18))
@example("9" * 5000, 6)  # more digits than Python turns into a number
def test_any_text_is_layers_or_an_error_made_for_people(text, layers):
    found = [0]
    with contextlib.suppress(InputError):
        found = list(parse_layers(text, layers))
    assert found
    assert found == sorted(set(found) & set(range(layers)))


@given(st.sets(st.integers(0, 17), min_size=1))
def test_layers_are_written_as_they_are_read(layers):
    assert parse_layers(format_layers(sorted(layers)), 18) == tuple(sorted(layers))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-1:0.25,5", {0: 0.25, 1: 0.25, 5: 1.0}),
        ("coarse, 1:.5", {0: 1.0, 1: 0.5, 2: 1.0, 3: 1.0}),
        ("5:0", {5: 0.0}),
        ("None", {}),
    ],
)
def test_layers_with_weights_are_read_and_written(text, expected):
    found = parse_weights(text, 6)
    assert found == expected
    assert parse_weights(format_layers(found), 6) == found


@pytest.mark.parametrize("text", ["0:2", "0:-1", "0:x", "0:", "", ":1", "6:1", "0:1e-1"])
def test_weights_that_are_none_are_refused(text):
    with pytest.raises(InputError):
        parse_weights(text, 6)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_drawn_layers_differ_from_draw_to_draw(size, count, seed):
    count = min(count, math.comb(6, size))
    drawn = draw_layers(6, size, count, seeded(seed))
    assert len(set(drawn)) == count
    assert all(len(set(one)) == size and set(one) <= set(range(6)) for one in drawn)
    assert drawn == draw_layers(6, size, count, seeded(seed))


@pytest.mark.parametrize(
    ("size", "count", "message"),
    [(0, 1, "cannot be drawn"), (7, 1, "cannot be drawn"), (1, 7, "6 ways"), (2, 0, "15 ways")],
)
def test_draws_that_there_are_not_are_refused(size, count, message):
    with pytest.raises(InputError, match=message):
        draw_layers(6, size, count, seeded(0))


# ---------------------------------------------------------------- mixing


def test_all_layers_of_another_face_are_the_other_face(tiny_generator):
    z, _ = draw_latents(tiny_generator.config, [1, 2])
    one, two = tiny_generator.map_to_w(z, truncation_psi=0.7).split(1)
    mixed = mix_styles(one, two, parse_layers("all", tiny_generator.num_ws))
    assert torch.equal(mixed, two)
    drawn, expected = (draw_styles(tiny_generator, ws, batch=1) for ws in (mixed, two))
    assert np.array_equal(drawn, expected)


def test_some_layers_come_from_the_other_face():
    ws, other = draw(3, 6, 4), draw(3, 6, 4, seed=1)
    before = ws.clone()
    mixed = mix_styles(ws, other, [0, 4])
    for layer in range(6):
        assert torch.equal(mixed[:, layer], (other if layer in {0, 4} else ws)[:, layer])
    assert torch.equal(ws, before)


def test_strength_goes_from_nothing_to_all():
    ws, other = draw(2, 6, 4), draw(1, 6, 4, seed=1)
    layers = range(6)
    assert torch.equal(mix_styles(ws, other, layers, strength=0), ws)
    torch.testing.assert_close(mix_styles(ws, other, layers), other.expand(2, -1, -1))
    half = mix_styles(ws, other, layers, strength=0.5)
    torch.testing.assert_close(half, (ws + other) / 2)
    assert torch.equal(mix_styles(ws, other, []), ws)


def test_layers_have_weights_of_their_own():
    ws, other = draw(2, 6, 4), draw(1, 6, 4, seed=1)
    mixed = mix_styles(ws, other, {1: 0.25, 4: 1.0}, strength=0.5)
    assert torch.equal(mixed[:, 1:2], mix_styles(ws, other, [1], strength=0.125)[:, 1:2])
    assert torch.equal(mixed[:, 4:5], mix_styles(ws, other, [4], strength=0.5)[:, 4:5])
    assert torch.equal(mixed[:, [0, 2, 3, 5]], ws[:, [0, 2, 3, 5]])


@pytest.mark.parametrize("layers", [[6], [-1], [0, 7]])
def test_mixing_layers_that_do_not_exist_is_refused(layers):
    with pytest.raises(InputError, match="0 to 5"):
        mix_styles(draw(1, 6, 4), draw(1, 6, 4), layers)


def test_mixing_styles_of_another_generator_is_refused():
    with pytest.raises(InputError, match="do not fit"):
        mix_styles(draw(1, 6, 4), draw(1, 8, 4), [0])


# ---------------------------------------------------------------- ways between latents


def angle(a: torch.Tensor, b: torch.Tensor) -> float:
    return math.acos(min(1, float(torch.nn.functional.cosine_similarity(a, b, dim=-1))))


@given(st.integers(0, 1000))
def test_slerp_goes_from_one_end_to_the_other(seed):
    a, b = draw(2, 5, seed=seed)
    torch.testing.assert_close(slerp(a, b, 0), a)
    torch.testing.assert_close(slerp(a, b, 1), b)


@given(st.integers(0, 1000), st.floats(0, 1))
def test_slerp_turns_evenly_and_keeps_between_the_lengths(seed, t):
    a, b = draw(2, 5, seed=seed)
    between = slerp(a, b, t)
    assert angle(a, between) == pytest.approx(t * angle(a, b), abs=1e-6)
    length = float(a.norm()) * (1 - t) + float(b.norm()) * t
    assert float(between.norm()) == pytest.approx(length)


def test_slerp_between_equal_directions_is_a_straight_line():
    a = draw(5)
    torch.testing.assert_close(slerp(a, 3 * a, 0.5), 2 * a)
    assert slerp(a, -a, 0.5).isfinite().all()
    assert torch.equal(slerp(a * 0, a * 0, 0.5), a * 0)


def test_slerp_takes_batches():
    a, b = draw(3, 2, 5), draw(3, 2, 5, seed=1)
    torch.testing.assert_close(slerp(a, b, 0.3)[1, 1], slerp(a[1, 1], b[1, 1], 0.3))


@pytest.mark.parametrize("between", [lerp, slerp])
@pytest.mark.parametrize("ease", [False, True])
def test_a_loop_closes(between, ease):
    keys = draw(3, 4)
    path = walk(keys, 30, between=between, ease=ease)
    assert path.shape == (30, 4)
    for key, place in zip(keys, (0, 10, 20), strict=True):
        torch.testing.assert_close(path[place], key)
    strides = (path - path.roll(1, dims=0)).norm(dim=1)  # the first: from the last to the first
    assert float(strides[0]) <= float(strides.max())
    assert float((path[-1] - keys[0]).norm()) < float((path[-2] - keys[0]).norm())


def test_a_walk_without_a_loop_ends_at_the_last_key():
    keys = draw(3, 4)
    path = walk(keys, 21, loop=False, ease=False)
    torch.testing.assert_close(path[[0, 10, 20]], keys)
    torch.testing.assert_close(path[5], (keys[0] + keys[1]) / 2)


def test_an_eased_walk_slows_down_at_the_keys():
    path = walk(draw(2, 4), 21, loop=False)
    strides = (path[1:] - path[:-1]).norm(dim=1)
    assert float(strides[0]) < float(strides[10]) / 5
    assert float(strides[-1]) < float(strides[10]) / 5


@pytest.mark.parametrize(("keys", "steps"), [(1, 10), (0, 10), (3, 1)])
def test_walks_that_lead_nowhere_are_refused(keys, steps):
    with pytest.raises(InputError, match=f"not {keys} and {steps}") as error:
        walk(draw(keys, 4), steps)
    assert "seeds=" in error.value.hint


@given(st.integers(1, 12), st.integers(1, 16))
def test_extended_styles_begin_alike_and_end_with_the_last(layers, wanted):
    ws = torch.randn(2, layers, 3, generator=seeded(0))
    found = extend_styles(ws, wanted)
    assert found.shape == (2, wanted, 3)
    for layer in range(wanted):
        assert torch.equal(found[:, layer], ws[:, min(layer, layers - 1)])
