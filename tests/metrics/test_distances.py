import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.metrics.distances import frechet_distance, kernel_distance, precision_recall


def draw(seed: int, count: int, size: int) -> torch.Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def whiten(x: torch.Tensor) -> torch.Tensor:
    """Give points a mean of exactly 0 and a covariance of exactly 1."""
    x = x.double() - x.double().mean(dim=0)
    return x @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T))).T


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(5)


@given(st.integers(0, 99), st.integers(2, 6))
def test_frechet_distance_of_gaussians_is_the_closed_form(seed: int, size: int):
    """With diagonal covariances it is |Δμ|² + Σ(σa - σb)²."""
    means, scales = draw(seed, 2, size).double() * 3, draw(seed + 1, 2, size).double().abs() + 0.1
    a, b = (whiten(draw(seed + i, 40, size)) * scales[i] + means[i] for i in (0, 1))
    wanted = (means[0] - means[1]).square().sum() + (scales[0] - scales[1]).square().sum()
    assert frechet_distance(a, b) == pytest.approx(float(wanted), rel=1e-9)


def test_frechet_distance_of_single_numbers():
    a, b = torch.tensor([[0.0], [2.0]]), torch.tensor([[5.0], [9.0]])
    assert frechet_distance(a, b) == pytest.approx(36 + 2)  # (6)² + (√2 - √8)²


def test_frechet_distance_needs_no_shared_axes():
    """tr (Σa Σb)^½ computed by eigenvalues of the product, which is not symmetric."""
    a, b = draw(0, 50, 4) @ draw(1, 4, 4), draw(2, 60, 4) @ draw(3, 4, 4) + 1
    product = torch.cov(a.T).double() @ torch.cov(b.T).double()
    overlap = torch.linalg.eigvals(product).real.clamp(min=0).sqrt().sum()
    wanted = (a.mean(0) - b.mean(0)).square().sum() + a.var(0).sum() + b.var(0).sum() - 2 * overlap
    assert frechet_distance(a, b) == pytest.approx(float(wanted), rel=1e-4)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))


def test_frechet_distance_to_itself_is_zero_even_with_few_rows():
    a = draw(0, 6, 20)
    assert frechet_distance(a, a[torch.randperm(6, generator=rng())]) == pytest.approx(0, abs=1e-9)


def test_kernel_distance_is_the_formula():
    a, b = draw(0, 5, 3).double(), draw(1, 5, 3).double()
    total = 0.0
    for x, y, weight in ((a, a, 1), (b, b, 1), (a, b, -2)):
        values = [
            (float(x[i] @ y[j]) / 3 + 1) ** 3
            for i in range(5)
            for j in range(5)
            if weight < 0 or i != j
        ]
        total += weight * sum(values) / len(values)
    assert kernel_distance(a, b, rng=rng(), subsets=3) == pytest.approx(total)


def test_kernel_distance_has_no_bias_and_sees_a_shift():
    a, b = draw(0, 2000, 8), draw(1, 2000, 8)
    near = kernel_distance(a, b, rng=rng(), subsets=20, size=500)
    far = kernel_distance(a, b + 1, rng=rng(), subsets=20, size=500)
    assert abs(near) < 0.01
    assert far > 1
    assert near == kernel_distance(a, b, rng=rng(), subsets=20, size=500)


def test_equal_sets_have_full_precision_and_recall():
    a = draw(0, 50, 4)
    assert precision_recall(a, a) == (1, 1)


def test_sets_far_apart_have_neither():
    assert precision_recall(draw(0, 30, 4), draw(1, 30, 4) + 100) == (0, 0)


def test_faithful_but_uniform_fakes_have_precision_without_recall():
    reals = torch.cat([draw(0, 40, 3), draw(1, 40, 3) + 50])
    precision, recall = precision_recall(reals, draw(2, 80, 3) * 0.3)
    assert precision > 0.9
    assert recall < 0.5


def test_recall_is_precision_the_other_way_round():
    a, b = draw(0, 40, 2), draw(1, 30, 2) * 2
    assert precision_recall(a, b) == precision_recall(b, a)[::-1]


@pytest.mark.parametrize("shapes", [((4, 2), (4, 3)), ((1, 2), (4, 2)), ((4,), (4,))])
def test_features_that_do_not_fit_are_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]):
    a, b = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(InputError):
        frechet_distance(a, b)


def test_too_few_neighbours_are_refused():
    with pytest.raises(InputError, match="3 neighbours"):
        precision_recall(draw(0, 3, 2), draw(1, 9, 2))
