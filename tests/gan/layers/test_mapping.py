import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.layers.mapping import W_AVERAGE_DECAY, MappingNetwork


@pytest.mark.oracle
def test_mapping_and_truncation_equal_the_reference(reference, distance):
    G, numbers = reference.G, reference.numbers
    with torch.no_grad():
        assert distance(G.map_to_w(numbers["z"]), numbers["w"]) < 1e-5
        assert distance(G.map_to_w(numbers["z"], truncation_psi=0.7), numbers["w_psi07"]) < 1e-5
        near = G.map_to_w(numbers["z"], truncation_psi=0.5, cutoff=8)
    assert distance(near, numbers["w_psi05_cut8"]) < 1e-5
    assert torch.equal(G.mapping.w_avg, numbers["w_avg"])


def test_length_of_z_does_not_matter(shake):
    mapping = shake(MappingNetwork(8, 0, 6, layers=2))
    z = torch.randn(3, 8, generator=seeded(0))
    torch.testing.assert_close(mapping(z * 7), mapping(z))


def test_labels_matter(shake):
    mapping = shake(MappingNetwork(8, 2, 6, layers=2))
    z = torch.randn(1, 8, generator=seeded(0))
    young, old = mapping(z, torch.tensor([[1.0, 0]])), mapping(z, torch.tensor([[0, 1.0]]))
    assert not torch.allclose(young, old)


def test_labels_alone_can_be_mapped(shake):
    mapping = shake(MappingNetwork(0, 2, 6, layers=2, track_average=False))
    assert mapping(None, torch.eye(2)).shape == (2, 6)
    assert not hasattr(mapping, "w_avg")


def test_average_moves_by_the_decay_only_when_tracked(shake):
    mapping = shake(MappingNetwork(8, 0, 6, layers=2))
    before = mapping.w_avg.clone()
    z = torch.randn(5, 8, generator=seeded(0))
    w = mapping(z)
    assert torch.equal(mapping.w_avg, before)
    mapping(z, track=True)
    expected = before * W_AVERAGE_DECAY + w.detach().mean(dim=0) * (1 - W_AVERAGE_DECAY)
    torch.testing.assert_close(mapping.w_avg, expected)


def test_learning_rate_multiplier_leaves_the_mapping_at_its_start_alike():
    x = torch.randn(4, 64, generator=seeded(0))
    slow = MappingNetwork(64, 0, 64, layers=1, lr_multiplier=0.01)
    quick = MappingNetwork(64, 0, 64, layers=1, lr_multiplier=1)
    quick.load_state_dict(
        {name: t * 0.01 if name.startswith("fc") else t for name, t in slow.state_dict().items()}
    )
    torch.testing.assert_close(slow(x), quick(x))


@pytest.mark.parametrize(
    ("z", "c"),
    [
        (None, torch.zeros(1, 2)),
        (torch.zeros(1, 7), torch.zeros(1, 2)),
        (torch.zeros(8), torch.zeros(1, 2)),
        (torch.zeros(1, 8), None),
        (torch.zeros(1, 8), torch.zeros(1, 3)),
        (torch.zeros(1, 8), torch.zeros(2)),
    ],
)
def test_wrong_shapes_are_refused(z, c):
    with pytest.raises(InputError, match=r"is \(n, 8\)|are \(n, 2\)") as error:
        MappingNetwork(8, 2, 6, layers=1)(z, c)
    assert ("conditional" in error.value.hint) == ("labels" in str(error.value))
