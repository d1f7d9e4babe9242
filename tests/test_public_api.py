"""The names that `import facewright` offers."""

import subprocess
import sys
from importlib import import_module

import pytest

import facewright


def test_every_public_name_has_a_home():
    assert sorted([*facewright._HOMES, "__version__"]) == sorted(facewright.__all__)


@pytest.mark.parametrize("name", sorted(facewright._HOMES))
def test_public_name_is_the_one_in_its_home(name):
    home = import_module(facewright._HOMES[name])
    assert getattr(facewright, name) is getattr(home, name)


def test_public_names_are_listed_before_they_are_loaded():
    assert set(facewright.__all__) <= set(dir(facewright))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute `sculpt`"):
        _ = facewright.sculpt


def test_star_import_gives_the_public_names():
    script = "from facewright import *; print(Latents.__module__, FacewrightError.__module__)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["facewright.types", "facewright.errors"]
