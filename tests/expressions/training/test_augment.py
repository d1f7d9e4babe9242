import torch

from facewright.device import seeded
from facewright.expressions.training.augment import draw_share, mix_up, vary_faces


def test_faces_are_varied_within_range_and_never_alike():
    faces = torch.full((40, 48, 48), 128, dtype=torch.uint8)
    faces[:, 12:24] = 230
    varied = vary_faces(faces, 44, seeded(0), part=44 / 48)
    assert varied.shape == (40, 1, 44, 44)
    assert varied.min() >= -1
    assert varied.max() <= 1
    flat = varied.flatten(1)
    assert torch.cdist(flat, flat).fill_diagonal_(1).min() > 0.5


def test_the_same_chance_gives_the_same_faces():
    faces = torch.randint(0, 256, (3, 24, 24), generator=seeded(1)).to(torch.uint8)
    one, other = (vary_faces(faces, 24, seeded(7)) for _ in range(2))
    assert torch.equal(one, other)


def test_a_face_stays_roughly_where_it_was():
    faces = torch.zeros(400, 48, 48, dtype=torch.uint8)
    faces[:, 20:28, 20:28] = 255
    mean = vary_faces(faces, 48, seeded(0)).mean(dim=(0, 1))
    rows = (mean - mean.min()).sum(dim=1)
    middle = float((rows * torch.arange(48)).sum() / rows.sum())
    assert abs(middle - 23.5) < 1.5


def test_mixtures_keep_sums_and_meet_in_the_middle():
    shares = torch.eye(4)
    mixed = mix_up(0.7, shares)
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(4))
    torch.testing.assert_close(mix_up(0.5, shares), mix_up(0.5, shares).flip(0))


def test_shares_are_mostly_near_the_ends():
    drawn = torch.tensor([draw_share(0.2, rng) for rng in [seeded(0)] for _ in range(300)])
    assert 0.4 < drawn.mean() < 0.6
    assert ((drawn < 0.1) | (drawn > 0.9)).float().mean() > 0.55
