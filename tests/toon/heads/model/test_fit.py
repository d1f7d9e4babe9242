import numpy as np
import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.faces.geometry.topology import MIRROR, POINTS, SKIN
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.toon.heads.model.basis import KIND, load_head_model
from facewright.toon.heads.model.fit import fit_head
from facewright.types import Bundle, Card


def turn(yaw, pitch):
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    return about_y @ np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])


def make_points(*, scale=100.0, rotation=None, **values):
    model = load_head_model()
    shape = model.mean.copy()
    for name, value in values.items():
        if name in model.identity_names:
            shape += value * model.identity[model.identity_names.index(name)]
        else:
            row = model.expression_names.index(name.replace("_", "-"))
            shape += value * model.expression[row]
    rotation = np.eye(3) if rotation is None else rotation
    points = np.zeros((POINTS, 3), np.float32)
    points[:SKIN] = scale * shape @ rotation.T + [300, 200, 0]
    return points


def test_the_mean_face_is_fitted_by_the_mean():
    fitted = fit_head(load_head_model(), make_points())
    assert max(abs(v) for v in fitted.identity.values()) < 0.02
    assert max(fitted.expression.values()) < 0.02
    assert fitted.error < 1e-3


def test_pose_and_size_are_found():
    rotation = turn(0.4, -0.2)
    fitted = fit_head(load_head_model(), make_points(scale=37.0, rotation=rotation))
    assert np.abs(fitted.rotation - rotation).max() < 0.01
    assert fitted.scale == pytest.approx(37, rel=0.01)


@pytest.mark.parametrize("name", ["mouth_width", "eye_apart", "head_width"])
def test_a_wider_part_is_found_to_be_wider(name):
    fitted = {
        sign: fit_head(load_head_model(), make_points(**{name: sign * 0.8})).identity[name]
        for sign in (-1, 1)
    }
    assert fitted[1] > 0.2
    assert fitted[-1] < -0.2


def test_an_open_mouth_is_an_expression():
    fitted = fit_head(load_head_model(), make_points(mouth_open=0.8))
    assert fitted.expression["mouth-open"] > 0.5


def test_expression_units_are_never_negative():
    fitted = fit_head(load_head_model(), make_points(mouth_corners=-1.0, lip_upper=-1.0))
    assert min(fitted.expression.values()) >= 0


def test_what_is_known_stays_as_it_is():
    points = make_points(male=0.5, head_width=0.4)
    fitted = fit_head(load_head_model(), points, known={"male": -0.5})
    assert fitted.identity["male"] == -0.5


def test_less_trust_keeps_a_face_nearer_to_the_mean():
    points = make_points(head_width=1.0)
    near, far = (fit_head(load_head_model(), points, trust=t) for t in (0.2, 1.0))
    assert sum(v**2 for v in near.identity.values()) < sum(v**2 for v in far.identity.values())


def test_the_model_is_nearly_symmetric():
    mean = load_head_model().mean
    mirrored = mean[MIRROR[:SKIN]] * [-1, 1, 1]
    assert np.linalg.norm(mean - mirrored, axis=1).mean() < 0.02


def test_points_of_another_kind_are_refused():
    with pytest.raises(InputError, match="478"):
        fit_head(load_head_model(), np.zeros((468, 3), np.float32))
    with pytest.raises(InputError, match="nose_size"):
        fit_head(load_head_model(), make_points(), known={"nose_size": 1.0})


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    card = Card(name="x", kind=KIND, licence="CC0-1.0", trained_on="-", source="-")
    save_bundle(tmp_path / "x.safetensors", Bundle(card, {}, {"mean": torch.zeros(3)}))
    with pytest.raises(WeightsError, match="head model"):
        load_head_model(tmp_path / "x.safetensors")


def test_the_model_is_free_to_use():
    from facewright.toon.heads.model import basis

    path = basis.Path(basis.__file__).with_name(basis.FILE)
    assert load_bundle(path).card.licence == "CC0-1.0"
    assert path.stat().st_size < 300_000
