"""Directions from measurements."""

import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError
from facewright.latents.directions.fit import aim, find_basis, fit_probes


def draw(*shape, seed=0):
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


@pytest.fixture
def people():
    """Points in six dimensions that vary more along some than along others."""
    return draw(4000, 6) @ torch.diag(torch.tensor([5.0, 3, 2, 1, 0.5, 0.1]).double()) + 7


def test_in_the_basis_people_are_normally_distributed(people):
    places = find_basis(people, 4).enter(people)
    torch.testing.assert_close(places.mean(0), torch.zeros(4).double(), atol=1e-9, rtol=0)
    torch.testing.assert_close(places.T @ places / 3999, torch.eye(4).double())


def test_leaving_the_basis_undoes_entering_it(people):
    basis = find_basis(people, 6)
    torch.testing.assert_close(basis.leave(basis.enter(people)) + basis.mean, people)


def test_probes_find_what_attributes_depend_on():
    places, true = draw(2000, 5), draw(5, 3, seed=1)
    values = places @ true + 0.1 * draw(2000, 3, seed=2) + 4
    torch.testing.assert_close(fit_probes(places, values, penalty=0), true, atol=0.02, rtol=0)
    shrunk = fit_probes(places, values, penalty=1.0)
    assert float(shrunk.norm()) < 0.7 * float(true.norm())


def test_an_aimed_step_changes_one_attribute_and_leaves_the_held_ones():
    probes = draw(10, 4)
    step = aim(probes, 1, [0, 3])
    torch.testing.assert_close((step @ probes)[[0, 1, 3]], torch.tensor([0.0, 1, 0]).double())


def test_the_step_is_the_shortest():
    probes = draw(10, 3)
    step = aim(probes, 0, [1])
    away = draw(10, seed=5)
    rows = probes[:, :2].T
    away -= rows.T @ torch.linalg.solve(rows @ rows.T, rows @ away)  # changes neither
    assert float(step @ away) == pytest.approx(0, abs=1e-9)
    torch.testing.assert_close(aim(probes, 0, []), probes[:, 0] / probes[:, 0].square().sum())


def test_attributes_that_say_the_same_may_be_held_together():
    probes = draw(10, 3)
    doubled = torch.cat([probes, probes[:, 1:2] * 2], 1)
    torch.testing.assert_close(aim(doubled, 0, [1, 3]), aim(probes, 0, [1]))


def test_what_cannot_be_is_refused(people):
    probes = draw(10, 2)
    with pytest.raises(InputError, match="cannot change while"):
        aim(torch.cat([probes, probes[:, :1]], 1), 0, [2])
    with pytest.raises(InputError, match="not depend"):
        aim(torch.zeros(4, 1).double(), 0, [])
    with pytest.raises(InputError, match="principal components"):
        find_basis(people, 7)
    with pytest.raises(InputError, match="do not fit"):
        fit_probes(people, people[:5], penalty=0.1)
