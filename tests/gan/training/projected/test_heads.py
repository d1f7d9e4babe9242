import torch

from facewright.device import seeded
from facewright.gan.training.projected.efficientnet import EfficientNetLite0
from facewright.gan.training.projected.heads import (
    VIEWS,
    ProjectedDiscriminator,
    blur_border,
    compare_maps,
    draw_colours,
    draw_shift,
    view_pictures,
)


def draw(seed, count=2, side=32):
    return torch.randn(count, 3, side, side, generator=seeded(seed)).clamp(-1, 1)


def build(c_dim=2):
    torch.default_generator.set_state(seeded(0).get_state())
    return EfficientNetLite0().eval(), ProjectedDiscriminator(c_dim).eval()


def test_pictures_are_seen_whole_and_enlarged_at_four_scales():
    network, heads = build()
    maps = view_pictures(network, draw(1), (0.0, 0.0))
    assert [[x.shape[-1] for x in view] for view in maps] == [[32, 16, 8, 4]] * VIEWS
    scores = heads(maps, torch.eye(2))
    assert [tuple(s.shape) for s in scores] == [(2,)] * (VIEWS * 4)


def test_the_second_view_sees_only_the_middle():
    network, _ = build()
    picture = draw(2)
    border = picture.clone()
    border[..., :4] = 1
    (whole, inner), (other, same) = (
        view_pictures(network, x, (0.0, 0.0)) for x in (picture, border)
    )
    assert torch.equal(inner[0], same[0])
    assert not torch.equal(whole[0], other[0])


def test_a_blurred_border_leaves_the_face_alone():
    picture = draw(4, side=128)
    blurred = blur_border(picture)
    assert torch.equal(blurred[..., 32:96, 32:96], picture[..., 32:96, 32:96])
    assert blurred[..., :8, :8].std() < 0.3 * picture[..., :8, :8].std()


def test_labels_change_the_scores_and_may_be_missing():
    network, heads = build()
    maps = view_pictures(network, draw(3), (0.0, 0.0))
    one, other = (heads(maps, c) for c in (torch.eye(2), torch.eye(2).flip(0)))
    assert not torch.equal(one[0], other[0])
    _, plain = build(c_dim=0)
    assert plain(maps, torch.zeros(2, 0))[0].shape == (2,)


def test_calibration_brings_maps_to_one_scale():
    network, heads = build()
    maps = view_pictures(network, draw(4, count=4), (0.0, 0.0))
    heads.calibrate(maps)
    mixed = [x * s for x, s in zip(heads._mix(maps), heads.scales.flatten(), strict=True)]
    torch.testing.assert_close(torch.stack([x.std() for x in mixed]), torch.ones(VIEWS * 4))
    assert heads.spread.shape == (VIEWS, 4)


def test_distance_is_zero_for_equal_pictures_and_grows_with_noise():
    network, heads = build()
    picture = draw(5)
    maps = view_pictures(network, picture, (0.0, 0.0))
    heads.calibrate(maps)
    assert compare_maps(maps, maps, heads.spread).tolist() == [0, 0]
    little, much = (
        compare_maps(
            maps, view_pictures(network, picture + a * draw(6), (0.0, 0.0)), heads.spread
        ).mean()
        for a in (0.1, 0.5)
    )
    assert 0 < little < much


def test_the_mixing_never_learns_and_depends_on_the_seed_alone():
    one, same, other = (ProjectedDiscriminator(0, seed=s) for s in (1, 1, 2))
    weights = [d.mixers[0].across[0].weight for d in (one, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not any(p.requires_grad for p in one.mixers.parameters())


def test_colours_are_changed_before_pictures_are_seen():
    network, _ = build()
    picture = draw(7)
    colours = draw_colours(seeded(1))
    colours[0] = 1
    _, gain, offset = colours
    painted = picture * gain[None, :, None, None] + offset[None, :, None, None]
    one, other = (
        view_pictures(network, *arguments)
        for arguments in ((picture, (0.0, 0.0), colours), (painted, (0.0, 0.0)))
    )
    torch.testing.assert_close(one, other)
    assert (gain - 1).abs().max() <= 0.25
    assert offset.abs().max() <= 0.1


def test_shifts_stay_within_their_reach():
    rng = seeded(0)
    shifts = [draw_shift(rng) for _ in range(50)]
    assert all(-1 <= part <= 1 for shift in shifts for part in shift)
    assert len(set(shifts)) == 50


def test_every_other_time_the_network_sees_no_colour():
    rng = seeded(2)
    drawn = [float(draw_colours(rng)[0].mean()) for _ in range(200)]
    assert set(drawn) == {0.0, 1.0}
    assert 70 < sum(drawn) < 130
    picture = torch.rand(1, 3, 32, 32, generator=seeded(3))
    grey = torch.tensor([[0.0] * 3, [1.0] * 3, [0.0] * 3])
    seen = []

    def network(x: torch.Tensor) -> list[torch.Tensor]:
        seen.append(x)
        return [x, x]

    view_pictures(network, picture, (0.0, 0.0), grey)  # type: ignore[arg-type]
    assert torch.allclose(seen[0][:, 0], seen[0][:, 2])
