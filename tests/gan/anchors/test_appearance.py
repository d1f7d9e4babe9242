import numpy as np
import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.faces.geometry.topology import CANONICAL
from facewright.gan.anchors.appearance import (
    SIDE,
    Unwarper,
    average_shape,
    fit_appearance,
    mirror_shapes,
    read_appearance,
)

COUNT, SIZE = 300, 6


def draw(shape, seed):
    return torch.randn(*shape, generator=seeded(seed)).numpy()


def make_faces(count=COUNT, seed=0):
    """Return textures, shapes and labels of faces that differ in a few directions."""
    face = CANONICAL[:, :2] * 0.2 + 0.5
    bends = draw((3, 478, 2), 1) * 0.01
    colours = draw((8, SIDE, SIDE, 3), 2) * 0.05
    labels = torch.eye(2)[torch.randint(2, (count,), generator=seeded(seed + 3))]
    along, hues = draw((count, 3), seed + 4), draw((count, 8), seed + 5)
    hues[:, 0] += 6 * labels[:, 0].numpy()  # what the label says
    shapes = face + np.tensordot(along, bends, 1)
    textures = np.tensordot(hues, colours, 1)
    return textures.astype(np.float32), shapes.astype(np.float32), labels


@pytest.fixture(scope="module")
def faces():
    return make_faces()


@pytest.fixture(scope="module")
def model(faces):
    textures, shapes, labels = faces
    return fit_appearance(textures, shapes, labels, size=SIZE, mean=average_shape(shapes))


def test_anchors_are_nearly_a_draw_from_the_normal_distribution(model, faces):
    z = model.encode(*faces)
    assert z.shape == (COUNT, SIZE)
    torch.testing.assert_close(z.mean(0), torch.zeros(SIZE), atol=0.1, rtol=0)
    torch.testing.assert_close(torch.cov(z.T), torch.eye(SIZE), atol=0.2, rtol=0)
    torch.testing.assert_close(z.quantile(0.9, 0), torch.full((SIZE,), 1.28), atol=0.15, rtol=0)


def test_what_the_label_says_is_not_in_the_anchor(model, faces):
    z, labels = model.encode(*faces), faces[2]
    apart = z[labels[:, 0] > 0].mean(0) - z[labels[:, 0] == 0].mean(0)
    assert apart.abs().max() < 0.2


def test_faces_that_were_not_fitted_are_described_on_the_same_scale(model):
    z = model.encode(*make_faces(seed=50))
    assert 0.8 < float(z.std()) < 1.25


def test_a_model_comes_back_from_its_tensors(model, faces):
    again = read_appearance(model.to_tensors())
    assert torch.equal(again.encode(*faces), model.encode(*faces))
    with pytest.raises(WeightsError, match="lack"):
        read_appearance({"shape": model.shape})
    with pytest.raises(WeightsError, match="do not fit"):
        read_appearance({**model.to_tensors(), "quantiles": model.quantiles[:, :2]})


def test_more_components_than_pictures_are_refused(faces):
    textures, shapes, labels = (part[:5] for part in faces)
    with pytest.raises(InputError, match="5 pictures have 1 to 4 components, not 9"):
        fit_appearance(textures, shapes, labels, size=9, mean=average_shape(shapes))


def test_unwarping_moves_a_face_onto_the_mean_shape():
    mean = (CANONICAL[:, :2] * 0.2 + 0.5).astype(np.float32)
    y, x = np.mgrid[0:96, 0:96] / 95
    image = np.stack([x * 255, y * 255, (x + y) * 127], -1).astype(np.uint8)
    still, moved = Unwarper(mean).unwarp([image, image], np.stack([mean, mean + 0.05]))
    inside = slice(SIDE // 3, SIDE * 2 // 3)
    wanted = np.stack(np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE)), -1) * 2 - 1
    np.testing.assert_allclose(still[inside, inside, :2], wanted[inside, inside], atol=0.03)
    shift = (moved - still)[inside, inside, :2].mean((0, 1))
    np.testing.assert_allclose(shift, [0.1, 0.1], atol=0.02)  # 0.05 of the width


def test_mirroring_twice_changes_nothing():
    shapes = make_faces(count=4)[1]
    np.testing.assert_allclose(mirror_shapes(mirror_shapes(shapes)), shapes, atol=1e-6)
    mean = average_shape(shapes)
    np.testing.assert_allclose(mirror_shapes(mean[None])[0], mean, atol=1e-6)


def test_the_likeliest_label_is_mostly_that_of_the_face(model):
    textures, shapes, labels = make_faces(60, seed=20)
    guessed = model.guess_labels(textures, shapes, torch.eye(2), torch.ones(2))
    assert guessed.shape == (60, 2)
    assert float((guessed.argmax(1) == labels.argmax(1)).float().mean()) > 0.8
    rare = model.guess_labels(textures, shapes, torch.eye(2), torch.tensor([1e9, 1e-9]))
    assert float(rare[:, 0].mean()) > float(guessed[:, 0].mean())
