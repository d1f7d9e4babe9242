import pytest
import torch

from facewright.device import seeded
from facewright.gan.layers.centres import (
    Centres,
    CentreTensors,
    choose_parts,
    find_centres,
    share_groups,
)
from facewright.gan.layers.mapping import MappingNetwork

PARTS = ((0, 2),)
OFFSETS = torch.tensor([[[1.0, 0], [-1, 0]], [[0, 1], [0, -1]]])
MEANS = torch.tensor([[10.0, 0], [-10, 0], [0, 5]])  # of each label, and of everybody


def build(temperature: float = 0.01) -> Centres:
    return Centres(PARTS, CentreTensors(MEANS, OFFSETS, torch.tensor([temperature])))


def test_each_person_has_the_nearest_centre_of_their_label():
    w = torch.tensor([[12.0, 5], [8, 5], [-10, 8], [-10, 1]])
    c = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    expected = torch.tensor([[11.0, 5], [9, 5], [-10, 6], [-10, 4]])
    torch.testing.assert_close(build()(w, c), expected)


def test_centres_make_no_jump_on_any_path():
    steps = torch.linspace(0, 1, 1001)[:, None]
    w = torch.lerp(torch.tensor([[13.0, 5]]), torch.tensor([[7.0, 5]]), steps)
    moved = build(1.0)(w, torch.tensor([[1.0, 0]]).expand(len(w), -1)).diff(dim=0).norm(dim=1)
    assert moved.max() < 0.02
    c = torch.lerp(torch.tensor([[1.0, 0]]), torch.tensor([[0.0, 1]]), steps)
    moved = build(1.0)(w, c).diff(dim=0).norm(dim=1)
    assert moved.max() < 0.05


def test_without_labels_there_is_one_group():
    means, offsets = torch.tensor([[1.0, 1]]), torch.tensor([[[3.0, 0], [-3, 0]]])
    centres = Centres((), CentreTensors(means, offsets, torch.tensor([0.01])))
    near = centres(torch.tensor([[5.0, 1], [-1, 1]]), None)
    torch.testing.assert_close(near, torch.tensor([[4.0, 1], [-2, 1]]))


def test_labels_of_which_nothing_is_known_belong_to_no_group():
    shares = share_groups(torch.tensor([[0.0, 1, 1, 0], [0.5, 0.5, 0, 1]]), ((0, 2), (2, 4)))
    assert shares.tolist() == [[0, 0, 1, 0], [0, 0.5, 0, 0.5]]


@pytest.mark.parametrize(
    ("most", "parts"),
    [(1, ()), (2, ((6, 8),)), (14, ((6, 8), (8, 15))), (84, ((0, 6), (6, 8), (8, 15)))],
)
def test_labels_make_as_many_groups_as_there_may_be(most, parts):
    assert choose_parts([6, 2, 7], most) == parts


def find(mapping: MappingNetwork, sizes: tuple[int, ...] = (2,)) -> Centres:
    rng = seeded(3)
    z = torch.randn(600, mapping.z_dim, generator=rng)
    c = torch.eye(2)[torch.randint(2, (600,), generator=rng)]
    return find_centres(mapping, z, c if sizes else c[:, :0], sizes)


def test_centres_are_nearer_than_the_mean_of_all(shake):
    mapping = shake(MappingNetwork(8, 2, 8, layers=2), amount=1.0).requires_grad_(False)
    centres = find(mapping)
    assert centres.offsets.shape == (2, 16, 8)
    rng = seeded(4)
    z, c = torch.randn(500, 8, generator=rng), torch.eye(2).repeat(250, 1)
    w = mapping(z, c)
    apart = (w - centres(w, c)).square().sum(1).mean()
    assert apart < 0.7 * (w - w.mean(0)).square().sum(1).mean()
    assert torch.equal(find(mapping).offsets, centres.offsets)


def test_a_mapping_network_without_labels_has_centres_too(shake):
    mapping = shake(MappingNetwork(8, 0, 8, layers=2), amount=1.0).requires_grad_(False)
    centres = find(mapping, ())
    assert centres.parts == ()
    assert centres(torch.zeros(3, 8), None).shape == (3, 8)


def test_equal_w_have_equal_centres():
    mapping = MappingNetwork(8, 2, 8, layers=1).requires_grad_(False)
    mapping.fc0.weight.zero_()
    centres = find(mapping)
    assert torch.isfinite(centres(torch.zeros(2, 8), torch.eye(2))).all()
