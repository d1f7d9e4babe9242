"""Augmentation: fair, repeatable, differentiable twice, and equal to the field's."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.augment.pipeline import PIPES, Augment, AugmentConfig, update_p

ALONE = (
    *("xflip", "rotate90", "xint", "scale", "rotate", "aniso", "xfrac", "brightness"),
    *("contrast", "lumaflip", "hue", "saturation", "imgfilter", "cutout"),
)
ALL = Augment(PIPES["bgcfnc"])


def pictures(n=2, channels=3, size=16, dtype=torch.float32):
    return torch.rand(n, channels, size, size, generator=seeded(0), dtype=dtype) * 2 - 1


def smooth():
    """Pictures that the filter around a warp, which is not quite symmetric, leaves as they are."""
    return F.interpolate(pictures(1, size=8), 64, mode="bicubic")


def only(**probabilities):
    return Augment(AugmentConfig(**probabilities))


def test_p_of_zero_changes_nothing_and_draws_nothing():
    x, rng = pictures(), seeded(3)
    before = rng.get_state()
    assert ALL(x, 0, rng=rng) is x
    assert ALL(x, torch.zeros(()), rng=None) is x
    assert torch.equal(rng.get_state(), before)


def test_no_changes_leave_the_pictures_alone():
    x = pictures()
    assert torch.equal(only()(x, 1, rng=seeded(0)), x)


def test_same_seed_gives_the_same_pictures():
    x = pictures(8)
    assert torch.equal(ALL(x, 0.6, rng=seeded(5)), ALL(x, 0.6, rng=seeded(5)))
    assert not torch.equal(ALL(x, 0.6, rng=seeded(5)), ALL(x, 0.6, rng=seeded(6)))


def test_generator_is_used_as_much_for_every_p():
    states = []
    for p in (0.01, 0.5, 1):
        rng = seeded(1)
        ALL(pictures(), p, rng=rng)
        states.append(rng.get_state())
    assert torch.equal(states[0], states[1])
    assert torch.equal(states[1], states[2])


def test_global_random_state_is_left_alone():
    before = torch.random.get_rng_state()
    ALL(pictures(), 1, rng=seeded(0))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_share_of_changed_pictures_follows_p():
    x = pictures(400, size=8)
    y = only(brightness=1)(x, 0.3, rng=seeded(0))
    changed = (x != y).flatten(1).any(1).double().mean()
    assert 0.22 < float(changed) < 0.38


def test_turns_before_and_after_stretching_are_as_probable_as_one():
    x = pictures(400, size=8)
    y = only(rotate=1)(x, 0.3, rng=seeded(0))
    changed = (x != y).flatten(1).any(1).double().mean()
    assert 0.22 < float(changed) < 0.38


@pytest.mark.parametrize("name", PIPES)
@pytest.mark.parametrize("size", [8, 20])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_pipe_takes_every_picture(name, size, channels):
    x = pictures(3, channels, size)
    y = Augment(PIPES[name])(x, 1, rng=seeded(2))
    assert y.shape == x.shape
    assert y.isfinite().all()
    assert not torch.equal(x, y)


def test_large_pictures_are_warped_as_blocks_without_seams():
    steps = torch.linspace(-1, 1, 192)
    x = (steps[:, None] + steps).expand(1, 3, -1, -1) / 2
    y = only(rotate90=1)(x, 1, rng=None, debug_percentile=0.6)
    assert torch.allclose(y, x.rot90(2, (2, 3)), atol=0.01)


def test_type_of_the_pictures_is_kept():
    for dtype in (torch.bfloat16, torch.float32, torch.float64):
        assert ALL(pictures(dtype=dtype), 1, rng=seeded(0)).dtype == dtype


@pytest.mark.parametrize("percentile", [0.1, 0.3, 0.6, 0.9])
def test_quarter_turns_move_every_pixel_to_its_place(percentile):
    x = smooth()
    y = only(rotate90=1)(x, 1, rng=None, debug_percentile=percentile)
    assert torch.allclose(y, x.rot90(int(percentile * 4), (2, 3)), atol=0.06)


def test_mirror_image_moves_every_pixel_to_its_place():
    x = smooth()
    y = only(xflip=1)(x, 1, rng=None, debug_percentile=0.7)
    assert torch.allclose(y, x.flip(3), atol=0.06)


def test_whole_shift_moves_pixels_and_mirrors_the_border():
    x = pictures(1, size=32)
    y = only(xint=1)(x, 1, rng=None, debug_percentile=1)  # an eighth: 4 pixels right and down
    assert torch.allclose(y[:, :, 4:, 4:], x[:, :, :-4, :-4], atol=1e-4)
    assert torch.allclose(y[:, :, 4:, :4], x[:, :, :-4, 1:5].flip(3), atol=1e-4)


def test_unmoved_pictures_come_through_bit_for_bit():
    x = pictures(32)
    y = Augment(PIPES["geom"])(x, 0.1, rng=seeded(1))
    same = (x == y).flatten(1).all(1)
    assert 0 < int(same.sum()) < 32


def test_brightness_adds_and_contrast_multiplies():
    x = pictures()
    brighter = only(brightness=1)(x, 1, rng=None, debug_percentile=0.7) - x
    assert float(brighter.std()) < 1e-6
    assert float(brighter.mean()) > 0
    factor = only(contrast=1)(x, 1, rng=None, debug_percentile=0.7) / x
    assert torch.allclose(factor, factor.mean().expand_as(factor), rtol=1e-4)


def test_hue_and_saturation_keep_the_brightness():
    x = pictures()
    for augment in (only(hue=1), only(saturation=1)):
        y = augment(x, 1, rng=None, debug_percentile=0.8)
        assert torch.allclose(y.mean(1), x.mean(1), atol=1e-5)
        assert not torch.allclose(y, x, atol=0.1)


def test_bands_keep_constant_pictures_constant():
    y = only(imgfilter=1)(torch.full((4, 3, 16, 16), 0.5), 1, rng=seeded(0))
    assert float(y.flatten(1).std(1).max()) < 1e-5


def test_cutout_greys_a_quarter_of_the_picture():
    x = torch.ones(1, 3, 16, 16)
    y = only(cutout=1)(x, 1, rng=None, debug_percentile=0.5)
    assert float((y == 0).double().mean()) == 0.25
    assert torch.equal(y[:, :, 4:12, 4:12], torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize("name", ["bgcfnc", "filter", "geom"])
def test_augmentation_differentiates_twice(name):
    x = pictures(2, 3, 8, torch.float64).requires_grad_()

    def run(x):
        return Augment(PIPES[name])(x, 0.7, rng=seeded(4))[:, :, ::3, ::3].pow(3)

    assert torch.autograd.gradcheck(run, x, fast_mode=True)
    assert torch.autograd.gradgradcheck(run, x, fast_mode=True)


def test_penalty_on_the_gradient_reaches_the_pictures():
    x = pictures(4).requires_grad_()
    score = ALL(x, 0.8, rng=seeded(0)).square().sum()
    (slope,) = torch.autograd.grad(score, x, create_graph=True)
    (bend,) = torch.autograd.grad(slope.square().sum(), x)
    assert bend.isfinite().all()
    assert float(bend.abs().max()) > 0


@pytest.mark.parametrize("shape", [(2, 3, 16, 8), (2, 4, 16, 16), (2, 3, 4, 4), (3, 16, 16)])
def test_pictures_of_other_shapes_are_refused(shape):
    with pytest.raises(InputError):
        ALL(torch.zeros(shape), 1, rng=seeded(0))


def test_generator_is_asked_for():
    with pytest.raises(InputError) as caught:
        ALL(pictures(), 0.5, rng=None)
    assert "seeded" in caught.value.hint


@given(p=st.floats(0, 1), sign=st.floats(-1, 1), kimg=st.floats(0.01, 1000))
def test_p_moves_towards_the_target_and_stays_a_probability(p, sign, kimg):
    new = update_p(p, sign, target=0.6, batch=16, interval=4, ada_kimg=kimg)
    assert 0 <= new <= 1
    assert (new >= p) if sign > 0.6 else (new <= p)


def test_p_takes_ada_kimg_to_rise_from_none_to_all():
    p = 0.0
    for _ in range(500 * 1000 // (64 * 100)):
        p = update_p(p, 1.0, target=0.6, batch=64, interval=100, ada_kimg=500)
    assert p == pytest.approx(1, abs=0.02)
    with pytest.raises(InputError):
        update_p(0.5, 1.0, target=0.6, batch=64, interval=4, ada_kimg=0)


def difference(augment, oracle, key, source="in"):
    x, theirs = (torch.from_numpy(oracle[name]) for name in (source, key))
    ours = augment(x, 1, rng=seeded(0), debug_percentile=float(key.split("@")[1]))
    return (ours - theirs) / theirs.abs().max()


@pytest.mark.oracle
@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("percentile", [0.3, 0.7])
def test_each_change_equals_the_fields(oracles, name, percentile):
    oracle = np.load(oracles / "ada_augment.npz")
    error = difference(only(**{name: 1}), oracle, f"{name}@{percentile}")
    assert float(error.abs().max()) < 2e-5


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["blit", "geom", "color", "bg", "bgc", "bgcf"])
def test_each_pipe_equals_the_fields(oracles, name):
    oracle = np.load(oracles / "ada_augment.npz")
    assert float(difference(Augment(PIPES[name]), oracle, f"{name}@0.6").abs().max()) < 2e-5


@pytest.mark.oracle
def test_grey_pictures_equal_the_fields(oracles):
    oracle = np.load(oracles / "ada_augment.npz")
    augment = only(rotate90=1, scale=1, brightness=1, contrast=1)
    assert float(difference(augment, oracle, "gray@0.7", "in_gray").abs().max()) < 2e-5


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "key"), [("noise", "noise@0.3"), ("noise", "noise@0.7"), ("bgcfn", "bgcfn@0.6")]
)
def test_noise_is_as_strong_as_the_fields(oracles, name, key):
    oracle = np.load(oracles / "ada_augment.npz")
    quiet = Augment(dataclasses.replace(PIPES[name], noise=0))
    theirs = difference(quiet, oracle, key)  # nothing but their noise
    x, percentile = torch.from_numpy(oracle["in"]), float(key.split("@")[1])
    ours = Augment(PIPES[name])(x, 1, rng=seeded(0), debug_percentile=percentile)
    ours = ours - quiet(x, 1, rng=None, debug_percentile=percentile)
    ours = ours / float(np.abs(oracle[key]).max())
    assert float(ours.std()) == pytest.approx(float(theirs.std()), rel=0.03)


@pytest.mark.oracle
def test_everything_at_once_cuts_where_the_field_cuts(oracles):
    oracle = np.load(oracles / "ada_augment.npz")
    ours = ALL(torch.from_numpy(oracle["in"]), 1, rng=seeded(0), debug_percentile=0.6)
    assert torch.equal(ours == 0, torch.from_numpy(oracle["bgcfnc@0.6"]) == 0)
