"""Each rule leaves out what it should, and nothing where it is switched off."""

from dataclasses import replace

import pytest

from facewright.collect.preparing.choose import (
    REASONS,
    CropQuality,
    FacePosition,
    QualityLimits,
    check_position,
    check_quality,
)
from facewright.collect.preparing.measures import Light
from facewright.errors import InputError
from facewright.faces.pose import Pose

FINE = FacePosition(
    score=0.9, scale=0.8, outside=0.05, cut_off=0.0, beside=0, company=0, pose=Pose(5, 5, 5)
)
LIT = Light(0.2, 0.5, 0.7, 0.01)
SEEN = CropQuality(0.5, LIT)


def test_a_good_face_stays():
    assert check_position(FINE, QualityLimits()) == check_quality(SEEN, QualityLimits()) == ""


@pytest.mark.parametrize(
    ("change", "reason", "off"),
    [
        ({"score": 0.3}, "not sure to be a face", {"score": 0}),
        ({"beside": 1, "company": 1}, "several faces", {"others": "allowed"}),
        ({"scale": 1.3}, "too small", {"enlarge": 0}),
        ({"outside": 0.3}, "cut off", {"outside": 0}),
        ({"cut_off": 0.1}, "cut off", {"outside": 0}),
        ({"pose": Pose(-50, 0, 0)}, "turned away", {"yaw": 0}),
        ({"pose": Pose(0, 35, 0)}, "turned away", {"pitch": 0}),
        ({"pose": Pose(0, 0, 50)}, "tilted", {"roll": 0}),
    ],
)
def test_a_rule_leaves_out_a_face_unless_it_is_off(change, reason, off):
    place = replace(FINE, **change)
    assert check_position(place, QualityLimits()) == reason
    assert check_position(place, QualityLimits(**off)) == ""
    assert reason in REASONS


@pytest.mark.parametrize(
    ("quality", "reason", "off"),
    [
        (CropQuality(0.05, LIT), "blurred", {"sharpness": 0}),
        (CropQuality(0.5, Light(0.01, 0.05, 0.1, 0)), "too dark", {"exposure": False}),
        (CropQuality(0.5, Light(0.7, 0.8, 0.9, 0)), "too bright", {"exposure": False}),
        (CropQuality(0.5, Light(0.3, 0.9, 1, 0.3)), "too bright", {"exposure": False}),
    ],
)
def test_a_look_leaves_out_a_face_unless_the_rule_is_off(quality, reason, off):
    assert check_quality(quality, QualityLimits()) == reason
    assert check_quality(quality, QualityLimits(**off)) == ""


def test_dark_skin_in_good_light_is_not_too_dark():
    assert check_quality(CropQuality(0.5, Light(0.03, 0.13, 0.3, 0)), QualityLimits()) == ""


def test_company_matters_in_the_whole_picture_only_if_asked():
    place = replace(FINE, company=2)
    assert check_position(place, QualityLimits()) == ""
    assert check_position(place, QualityLimits(others="picture")) == "several faces"


def test_the_first_reason_counts():
    place = replace(FINE, score=0.1, scale=9.0, pose=Pose(90, 0, 0))
    assert check_position(place, QualityLimits()) == "not sure to be a face"


@pytest.mark.parametrize(
    "wrong",
    [{"score": 1.5}, {"yaw": -1}, {"outside": 2}, {"faces": "tall"}, {"enlarge": float("nan")}],
    ids=str,
)
def test_senseless_rules_are_refused(wrong):
    with pytest.raises(InputError):
        QualityLimits(**wrong)
