"""A tiny translator as weights, and what converts with red blocks for faces."""

import pytest
import torch

from facewright.convert.blocks import build_seeded
from facewright.convert.generators import Translator, TranslatorConfig
from facewright.convert.weights import pack_translators
from facewright.hub.bundle import save_bundle
from facewright.jobs.commands.photos.convert import Convert, ConvertOptions
from facewright.jobs.commands.photos.swap import Swap, SwapOptions, split_sources
from facewright.jobs.run import run, run_files
from facewright.types import Card


def build(seed):
    config = TranslatorConfig(filters=2, blocks=2)
    translator = build_seeded(lambda: Translator(config), seed).eval()
    with torch.no_grad():
        for parameter in translator.parameters():
            parameter.mul_(20)
    return translator


@pytest.fixture(scope="session")
def translators(tmp_path_factory):
    """The file of translators called `tiny` that see faces with 16 pixels."""
    path = tmp_path_factory.mktemp("translators") / "tiny.safetensors"
    card = Card(name="tiny", kind="translator")
    save_bundle(path, pack_translators("tiny", build(1), build(2), card, size=16))
    return str(path)


@pytest.fixture
def convert(find, translators, tmp_path, request):
    """Convert with red blocks for faces: `convert(*sources, **options)`."""
    request.getfixturevalue("unmarked")

    def run(*sources, progress=None, way="", **options):
        named = [str(source) for source in sources]
        with_ = translators + (f":{way}" if way else "")
        options = {
            "with_": with_,
            "out": tmp_path / "out.png",
            "consent": "self",
            "faces": "all",
            **options,
        }
        chosen = ConvertOptions(precision="float32", **options)
        return run_files(Convert(chosen, progress, find), named)

    return run


@pytest.fixture
def swap(find, tmp_path, request):
    """Swap with red blocks for faces: `swap(face, *bodies, **options)`."""
    request.getfixturevalue("unmarked")
    usual = find

    def perform(*names, progress=None, viewer=None, find=usual, **options):
        chosen = SwapOptions(**{"out": tmp_path / "out.png", "consent": "self", **options})
        face, bodies = split_sources([str(name) for name in names], chosen.seed)
        return run(Swap(chosen, progress, find, face=face), bodies, viewer)

    return perform
