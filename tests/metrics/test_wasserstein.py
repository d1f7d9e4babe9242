import cv2
import numpy as np
import pytest
import torch

from facewright.errors import InputError
from facewright.metrics.wasserstein import build_pyramid, sliced_wasserstein


def make_pictures(seed: int, count: int = 24, size: int = 32) -> np.ndarray:
    """Blobs of colour with some noise."""
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 8, 8, 3, generator=rng).numpy()
    large = np.stack([cv2.resize(x, (size, size), interpolation=cv2.INTER_CUBIC) for x in coarse])
    noise = torch.randn(count, size, size, 3, generator=rng).numpy()
    return (large * 255 + noise * 10).clip(0, 255).astype(np.uint8)


def blur(images: np.ndarray, sigma: float) -> np.ndarray:
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in images])


def measure(a: np.ndarray, b: np.ndarray, **options: int) -> dict[str, float]:
    options = {"patches": 16, "slices": 64} | options
    return sliced_wasserstein(a, b, rng=torch.Generator().manual_seed(0), **options)


def test_distance_to_itself_is_zero():
    a = make_pictures(0)
    assert measure(a, a.copy()) == {"32": 0, "16": 0, "mean": 0}


def test_distance_is_the_same_again_and_both_ways():
    a, b = make_pictures(0), make_pictures(1)
    assert measure(a, b) == measure(a, b)
    assert measure(a, b)["mean"] == pytest.approx(measure(b, a)["mean"])


def test_distance_grows_with_blur():
    a = make_pictures(0)
    found = [measure(a, blur(a, sigma))["32"] for sigma in (0.4, 0.6, 1.0, 2.0)]
    assert found == sorted(found)
    assert found[-1] > 2 * found[0] > 0


def test_distance_sees_noise():
    a, noise = make_pictures(0), make_pictures(1) // 8
    found = [measure(a // 2, a // 2 + factor * noise)["32"] for factor in (0, 1, 2, 4)]
    assert found == sorted(found)


def test_distance_of_new_pictures_of_a_kind_is_small_beside_that_of_another_kind():
    a, b = make_pictures(0, 48), make_pictures(1, 48)
    stripes = np.zeros_like(b)
    stripes[:, ::4] = b[:, ::4]
    assert 3 * measure(a, b)["mean"] < measure(a, stripes)["mean"]


def test_colour_and_contrast_of_all_pictures_do_not_count():
    a = make_pictures(0)
    darker = a // 2 * 2
    changed = (darker // 2 + np.array([3, 60, 120], np.uint8)).astype(np.uint8)
    assert measure(darker, changed)["mean"] < 0.1


def test_pyramid_adds_up_to_the_picture():
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    fine, middle, coarse = build_pyramid(x, 3)
    assert [part.shape[2] for part in (fine, middle, coarse)] == [32, 16, 8]
    even = torch.full((1, 3, 32, 32), 0.7)
    parts = list(build_pyramid(even, 3))
    assert parts[0][:, :, 4:-4, 4:-4].abs().max() < 1e-6  # no detail in what is even
    assert torch.allclose(parts[2], even[:, :, :8, :8])


@pytest.mark.parametrize("shape", [(4, 24, 24, 3), (4, 8, 8, 3), (4, 32, 16, 3), (0, 16, 16, 3)])
def test_shapes_without_a_pyramid_are_refused(shape: tuple[int, ...]):
    with pytest.raises(InputError):
        measure(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))


def test_sets_of_different_size_are_refused():
    with pytest.raises(InputError, match="as many pictures"):
        measure(make_pictures(0, 4), make_pictures(0, 5))
