import dataclasses

import pytest
import torch

from facewright.convert.blocks import build_seeded
from facewright.convert.generators import Translator, TranslatorConfig
from facewright.convert.weights import (
    list_directions,
    load_translator,
    pack_translators,
    read_size,
    read_template,
)
from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Bundle, Card

CONFIG = TranslatorConfig(filters=2, blocks=2, norm="batch", upsampling="resize")
X = torch.randn(1, 3, 8, 8, generator=seeded(0)).clamp(-1, 1)


def build(seed, config=CONFIG):
    return build_seeded(lambda: Translator(config), seed).eval()


@pytest.fixture
def pair():
    return build(1), build(2)


@pytest.fixture
def bundle(pair):
    return pack_translators("ageing", *pair, Card("ageing", "translator"), size=8)


@pytest.mark.parametrize("half", [True, False])
def test_both_directions_come_back_from_one_file(pair, bundle, tmp_path, half):
    save_bundle(tmp_path / "ageing.safetensors", bundle, half=half)
    loaded = load_bundle(tmp_path / "ageing.safetensors")
    assert list_directions(loaded) == ("ageing", "ageing:reverse")
    assert read_size(loaded) == 8
    for names, expected in zip(
        (("", "ageing", "forward"), ("reverse", "ageing:reverse")), pair, strict=True
    ):
        for name in names:
            translator = load_translator(loaded, name)
            assert translator.config == CONFIG
            assert not any(p.requires_grad for p in translator.parameters())
            limit = 2e-3 if half else 0
            torch.testing.assert_close(translator(X), expected(X), atol=limit, rtol=0)


def test_translators_of_other_projects_have_one_direction(pair):
    config = {"translator": dataclasses.asdict(CONFIG)}
    bundle = Bundle(Card("theirs", "translator"), config, pair[0].state_dict())
    assert list_directions(bundle) == ("theirs",)
    assert read_size(bundle) is None
    assert read_template(bundle) == "tight"
    assert torch.equal(load_translator(bundle)(X), pair[0](X))
    with pytest.raises(InputError, match="no direction called `reverse`") as error:
        load_translator(bundle, "reverse")
    assert error.value.hint == "one of: theirs"


def test_unknown_directions_are_refused(bundle):
    with pytest.raises(InputError, match="no direction called `ageing:back`") as error:
        load_translator(bundle, "ageing:back")
    assert error.value.hint == "one of: ageing, ageing:reverse"


@pytest.mark.parametrize("name", ["", " ", "ageing:reverse"])
def test_names_that_could_not_be_asked_for_are_refused(pair, name):
    with pytest.raises(InputError, match="cannot be called"):
        pack_translators(name, *pair, Card("x", "translator"), size=8)


def test_only_translators_are_packed_and_loaded(pair, bundle):
    with pytest.raises(InputError, match="kind `translator`, not `generator`"):
        pack_translators("x", *pair, Card("x", "generator"), size=8)
    other = build(3, TranslatorConfig(filters=2, blocks=3))
    with pytest.raises(InputError, match="built alike"):
        pack_translators("x", pair[0], other, Card("x", "translator"), size=8)
    with pytest.raises(WeightsError, match="is a generator, not a translator"):
        load_translator(dataclasses.replace(bundle, card=Card("x", "generator")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"translator": None}, "is not understood"),
        ({"translator": {"sharpness": 2}}, "is not understood"),
        ({"translator": {"blocks": 3, "filters": 2}}, "do not fit"),
        ({"directions": "both"}, "directions of `ageing` are not understood"),
    ],
)
def test_damaged_bundles_are_refused(bundle, change, message):
    damaged = dataclasses.replace(bundle, config={**bundle.config, **change})
    with pytest.raises(WeightsError, match=message):
        load_translator(damaged)


def test_the_template_of_faces_comes_along_and_an_unknown_one_is_refused(pair):
    card = Card("ageing", "translator")
    bundle = pack_translators("ageing", *pair, card, size=8, template="ffhq")
    assert read_template(bundle) == "ffhq"
    strange = dataclasses.replace(bundle, config={**bundle.config, "template": "sideways"})
    with pytest.raises(WeightsError, match="aligns faces by `sideways`"):
        read_template(strange)
