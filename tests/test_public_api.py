"""The names that `import facewright` offers."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import facewright
from facewright.pipelines.load import VERBS

CLAIMS = """
from typing import assert_type

import numpy as np

assert_type(fw.load("swap"), fw.SwapPipeline)
assert_type(people, list[fw.LatentsResult])
assert_type(find(portrait), fw.Result)
assert_type(find([portrait]), list[fw.Result])
assert_type(face, fw.Face)
portrait.astype(np.float32)
"""


def test_every_public_name_has_a_home():
    assert sorted([*facewright._HOMES, "__version__"]) == sorted(facewright.__all__)


@pytest.mark.parametrize("name", sorted(facewright._HOMES))
def test_public_name_is_the_one_in_its_home(name):
    home = import_module(facewright._HOMES[name])
    assert getattr(facewright, name) is getattr(home, name)


def test_what_type_checkers_see_is_what_is_loaded():
    tree = ast.parse(Path(facewright.__file__).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    assert {a.name: node.module for node in imports for a in node.names} == facewright._HOMES


def test_every_verb_has_a_pipeline_that_is_public():
    classes = {facewright.load(verb, device="cpu").__class__.__name__ for verb in VERBS}
    assert classes == {name for name in facewright.__all__ if name.endswith("Pipeline")}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["docs/guides/python.md", "README.md"])
def test_script_of_a_user_is_typed(name, tmp_path):
    page = Path(__file__).parents[1] / name
    fences = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
    script = "\n".join(fences.findall(page.read_text(encoding="utf-8")))
    path = tmp_path / "script.py"
    claims = CLAIMS if "portrait" in script else ""
    path.write_text(f"{script}\n{claims}", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


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
