"""Characters are drawn from numbers, on a transparent ground, the same each time."""

from functools import cache

import numpy as np
import pytest
import torch

from facewright.errors import WeightsError
from facewright.faces.similarity.features import load_face_features
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.pipelines.weights import open_weights
from facewright.toon.heads.figure.character import (
    Character,
    Pose,
    express,
    pack_pose,
    unpack_pose,
)
from facewright.toon.heads.figure.draw import draw_character
from facewright.toon.heads.figure.hairdo import Hairdo, insist, name_style
from facewright.toon.heads.figure.model import load_figure
from facewright.toon.heads.figure.portray import Guess, portray, read_pose
from facewright.toon.heads.figure.reader import FigureReader
from facewright.types import Bundle, Card

SIZE = 64


@cache
def load_heads():
    return load_figure(open_weights("figure"))


@pytest.fixture(scope="module")
def plain():
    return draw_character(load_heads(), Character(), size=SIZE, smooth=1)


def test_a_character_stands_in_the_middle_of_nothing(plain):
    assert plain.shape == (SIZE, SIZE, 4)
    assert plain.dtype == np.uint8
    assert (plain[0, :, 3] == 0).all()
    assert (plain[28:40, 26:38, 3] == 255).all()
    assert (draw_character(load_heads(), Character(), size=SIZE, smooth=1) == plain).all()


def test_colours_expression_and_turn_are_seen(plain):
    def change(who=None, pose=None):
        other = draw_character(load_heads(), who or Character(), pose, SIZE, smooth=1)
        return np.abs(other.astype(int) - plain)[..., :3]

    face = np.s_[30:44, 24:40]
    assert change(Character(skin=(0.13, 0.065, 0.04)))[face].mean() > 40
    mouth = np.s_[40:50, 26:38]
    assert change(pose=Pose().show("surprise"))[mouth].mean() > 8
    assert change(pose=Pose(yaw=0.4)).mean() > 5
    assert change(pose=Pose().blink(1.0))[28:36, 22:42].mean() > 8


def test_hair_beard_and_glasses_are_drawn(plain):
    bald = draw_character(load_heads(), Character(hair_style="bald"), size=SIZE, smooth=1)
    worn = draw_character(
        load_heads(), Character(beard="full", glasses="round"), size=SIZE, smooth=1
    )
    assert (bald[..., 3] > 0).sum() < (plain[..., 3] > 0).sum()
    assert (worn != plain).any(-1).sum() > 60


def test_a_head_alone_ends_at_the_neck(plain):
    head = draw_character(load_heads(), Character(), size=SIZE, smooth=1, bust=False)
    assert (plain[-1, :, 3] > 0).any()
    assert (head[-4:, :, 3] == 0).all()
    assert (head[:40] == plain[:40]).all(-1).mean() > 0.9


def test_every_style_of_the_model_has_a_name_and_strands():
    model = load_heads()
    assert {"bob", "long", "parted", "buzz", "curly"} <= set(model.hair)
    assert model.mean.shape == model.basis.shape[1:]
    assert model.build({"strange": 1.0}) == pytest.approx(model.mean)


def test_an_expression_grows_from_the_neutral_one():
    assert express("happy", 0.0)["mouth-corner-puller"] == express("neutral")["mouth-corner-puller"]
    assert express("angry")["eyebrows-left-down"] == express("angry")["eyebrows-right-down"]
    assert express("angry", 0.5)["eyebrows-left-down"] < express("angry")["eyebrows-left-down"]


def test_the_numbers_of_a_pose_give_the_pose():
    pose = Pose({"mouth-open": 0.5}, yaw=0.25, pitch=-0.5, roll=0.125, gaze=(0.25, 0.0))
    names = ("mouth-open", "eye-left-slit")
    again = unpack_pose(pack_pose(pose, names), names)
    assert again.units == {"mouth-open": 0.5, "eye-left-slit": 0.0}
    assert (again.yaw, again.pitch, again.roll, again.gaze) == (0.25, -0.5, 0.125, (0.25, 0.0))


def test_another_bundle_holds_no_heads(tmp_path):
    card = Card(name="odd", kind="odd", licence="CC0-1.0", trained_on="", source="")
    save_bundle(tmp_path / "odd.safetensors", Bundle(card, {}, {"x": torch.zeros(1)}))
    with pytest.raises(WeightsError, match="`odd` holds no heads"):
        load_figure(load_bundle(tmp_path / "odd.safetensors"))


def test_a_photo_gives_a_character(person):
    reader = FigureReader(load_face_features(open_weights("face-features")))
    guess = reader.guess(person.image, person.points)
    assert 0 <= guess.male <= 1
    assert 4 <= guess.years <= 85
    who = portray(person.image, person.points, guess)
    assert who.hair_style in (*load_heads().hair, "bald")
    assert all(0 < x < 1 for x in (*who.skin, *who.hair, *who.eye))
    assert max(abs(v) for v in who.shape.values()) < 1.5
    long = portray(person.image, person.points, guess, hair_style="long")
    assert insist(long.hair_style, "long") == long.hair_style
    pose = read_pose(person.points, known=who)
    assert abs(pose.yaw) < 0.5
    assert max(pose.units.values()) <= 1.2


def test_children_have_no_beards(person):
    dark = person.image.copy()
    assert portray(dark, person.points, Guess(male=1.0, years=8)).beard == "none"


def look(**changes):
    hair = {"colour": np.zeros(3, np.float32), "crown": 1.0, "fringe": 0.0, "cheeks": 0.0}
    hair |= {"shoulders": 0.0, "wide": 0.0, "curls": 0.1, "contrast": 0.4}
    return Hairdo(**(hair | changes))


@pytest.mark.parametrize(
    ("changes", "male", "dark", "style"),
    [
        ({}, True, False, "parted"),
        ({}, False, False, "bun"),
        ({}, True, True, "buzz"),
        ({"crown": 0.1}, True, False, "bald"),
        ({"fringe": 0.8}, True, False, "crop"),
        ({"cheeks": 0.9, "shoulders": 0.8}, False, False, "long"),
        ({"cheeks": 0.9, "shoulders": 0.8, "curls": 0.6}, False, False, "wavy"),
        ({"cheeks": 0.9, "shoulders": 0.1}, False, False, "bob"),
        ({"cheeks": 0.9, "fringe": 0.7}, False, False, "fringe"),
        ({"wide": 0.8}, False, True, "afro"),
        ({"curls": 0.8}, True, False, "curly"),
        ({"crown": np.nan, "cheeks": np.nan, "shoulders": np.nan}, False, False, "bob"),
    ],
)
def test_what_is_seen_of_hair_names_a_style(changes, male, dark, style):
    assert name_style(look(**changes), male=male, dark=dark) == style
