import dataclasses

import pytest
import torch

from facewright.datasets.labels import LabelGroup
from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.gan.layers.quality import LEVELS, QualityScorer, ScorerTensors
from facewright.gan.weights import (
    NO_LABELS,
    LabelTable,
    copy_matching,
    count_labels,
    load_generator,
    load_labels,
    measure_centres,
    pack_generator,
    read_config,
    read_template,
)
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.types import Bundle, Card

CARD = Card("people", "generator")
GROUPS = (LabelGroup("age", ("young", "old")), LabelGroup("gender", ("female", "male")))
TABLE = LabelTable(GROUPS, torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1]]), torch.tensor([3.0, 1]))


def change(bundle: Bundle, **config) -> Bundle:
    return dataclasses.replace(bundle, config={**bundle.config, **config})


def test_load_undoes_pack_and_save(tiny_generator, tmp_path):
    save_bundle(tmp_path / "x.safetensors", pack_generator(tiny_generator, CARD))
    loaded = load_generator(load_bundle(tmp_path / "x.safetensors"))
    assert loaded.config == tiny_generator.config
    z = torch.randn(2, 8, generator=seeded(0))
    torch.testing.assert_close(loaded(z, truncation_psi=0.7), tiny_generator(z, truncation_psi=0.7))
    for name, tensor in tiny_generator.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())


def test_half_precision_on_disk_is_float32_in_use(tiny_generator, tmp_path):
    save_bundle(tmp_path / "x.safetensors", pack_generator(tiny_generator, CARD), half=True)
    loaded = load_generator(load_bundle(tmp_path / "x.safetensors"))
    assert {t.dtype for t in loaded.state_dict().values()} == {torch.float32}
    z = torch.randn(2, 8, generator=seeded(0))
    torch.testing.assert_close(loaded(z), tiny_generator(z), rtol=0, atol=0.02)


def test_centres_and_a_scorer_survive_a_bundle(tiny_config, shake, tmp_path):
    generator = shake(Generator(tiny_config(c_dim=4))).eval().requires_grad_(False)
    generator.centres = measure_centres(generator, TABLE)
    tensors = ScorerTensors(torch.randn(9, 3), torch.randn(10), torch.randn(2, LEVELS))
    generator.scorer = QualityScorer(((0, 2),), tensors, 0.1)
    save_bundle(tmp_path / "x.safetensors", pack_generator(generator, CARD, labels=TABLE))
    loaded = load_generator(load_bundle(tmp_path / "x.safetensors"))
    z, c = torch.randn(2, 8, generator=seeded(0)), TABLE.vectors
    assert torch.equal(
        loaded.map_to_w(z, c, truncation_psi=0), generator.map_to_w(z, c, truncation_psi=0)
    )
    assert torch.equal(loaded.scorer(z), generator.scorer(z))
    assert torch.equal(loaded.scorer.threshold(c, 0.3), generator.scorer.threshold(c, 0.3))
    assert loaded.scorer.reject == 0.1
    assert loaded.state_dict().keys() == Generator(loaded.config).state_dict().keys()


def test_truncation_goes_to_centres_or_to_the_mean(tiny_config, shake):
    generator = shake(Generator(tiny_config(c_dim=4)), amount=0.5).eval().requires_grad_(False)
    z, c = torch.randn(2, 8, generator=seeded(0)), TABLE.vectors
    mean = generator.map_to_w(z, c, truncation_psi=0)
    assert torch.equal(mean, generator.mapping.w_avg.expand_as(mean))
    generator.centres = measure_centres(generator, TABLE)
    assert torch.equal(generator.map_to_w(z, c, truncation_psi=0, truncate_to="mean"), mean)
    near = generator.map_to_w(z, c, truncation_psi=0)
    expected = generator.centres(generator.mapping(z, c), c)[:, None].expand_as(near)
    assert torch.equal(near, expected)
    assert torch.equal(generator.map_to_w(z, c), generator.map_to_w(z, c, truncate_to="mean"))
    half = generator.map_to_w(z, c, truncation_psi=0.5, cutoff=2)
    assert torch.equal(half[:, 2:], generator.map_to_w(z, c)[:, 2:])


def test_centres_are_used_where_they_are_and_refused_where_they_are_not(tiny_generator):
    assert tiny_generator.pick_target() == "mean"
    with pytest.raises(InputError, match="no centres"):
        tiny_generator.pick_target("centres")
    tiny_generator.centres = measure_centres(tiny_generator, NO_LABELS)
    assert tiny_generator.pick_target() == "centres"
    assert tiny_generator.pick_target("mean") == "mean"


@pytest.mark.parametrize(
    "broken", [{"centres": {"parts": [[0, "x"]]}}, {"scorer": {"parts": []}}, {"centres": 5}]
)
def test_damaged_centres_and_scorers_are_refused(broken, tiny_generator):
    tiny_generator.centres = measure_centres(tiny_generator, NO_LABELS)
    with pytest.raises(WeightsError, match="says about w"):
        load_generator(change(pack_generator(tiny_generator, CARD), **broken))


def test_labels_survive_a_bundle(tiny_config, tmp_path):
    generator = Generator(tiny_config(c_dim=4))
    save_bundle(tmp_path / "x.safetensors", pack_generator(generator, CARD, labels=TABLE))
    table = load_labels(load_bundle(tmp_path / "x.safetensors"))
    assert table.groups == GROUPS
    assert torch.equal(table.vectors, TABLE.vectors)
    assert torch.equal(table.counts, TABLE.counts)


def test_a_bundle_says_how_the_faces_are_cut_that_it_draws(tiny_generator):
    assert read_template(pack_generator(tiny_generator, CARD, template="ffhq")) == "ffhq"
    assert read_template(pack_generator(tiny_generator, CARD)) is None


def test_a_generator_without_labels_has_an_empty_table(tiny_generator):
    assert load_labels(pack_generator(tiny_generator, CARD)) is NO_LABELS


def test_labels_are_counted():
    labels = TABLE.vectors[[0, 1, 0, 0]]
    table = count_labels(labels, GROUPS)
    found = {tuple(v.tolist()): float(n) for v, n in zip(table.vectors, table.counts, strict=True)}
    assert found == {(1, 0, 1, 0): 3, (0, 1, 0, 1): 1}
    assert count_labels(torch.zeros(5, 0), ()) is NO_LABELS


def test_other_kinds_are_refused(tiny_generator):
    card = Card("people", "encoder")
    with pytest.raises(InputError, match="kind `generator`, not `encoder`"):
        pack_generator(tiny_generator, card)
    bundle = dataclasses.replace(pack_generator(tiny_generator, CARD), card=card)
    with pytest.raises(WeightsError, match="encoder, not a generator") as error:
        load_generator(bundle)
    assert "models list" in error.value.hint


def test_tensors_that_do_not_fit_are_refused(tiny_generator):
    bundle = pack_generator(tiny_generator, CARD)
    fewer = dict(list(bundle.tensors.items())[1:])
    with pytest.raises(WeightsError, match="`people` do not fit"):
        load_generator(dataclasses.replace(bundle, tensors=fewer))


@pytest.mark.parametrize(
    "fields", [None, {}, 3, {"resolution": 17}, {"resolution": 16, "later": True}]
)
def test_configurations_that_are_not_understood_are_refused(fields, tiny_generator):
    bundle = change(pack_generator(tiny_generator, CARD), generator=fields)
    with pytest.raises(WeightsError, match="configuration of `people`") as error:
        read_config(bundle)
    assert "newer version" in error.value.hint


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"groups": 3},
        {"groups": [], "vectors": "x", "counts": [1]},
        {"groups": [{"name": "age", "values": ["young"]}], "vectors": [[1, 0]], "counts": [1]},
        {"groups": [{"name": "age", "values": ["young"]}], "vectors": [[1]], "counts": [1, 2]},
    ],
)
def test_damaged_tables_of_labels_are_refused(table, tiny_generator):
    with pytest.raises(WeightsError, match="labels of `people`"):
        load_labels(change(pack_generator(tiny_generator, CARD), labels=table))


def test_matching_weights_are_copied_and_others_left(tiny_config, shake):
    small, large = (Generator(tiny_config(resolution=r, channel_base=64)) for r in (16, 32))
    shake(small)
    before = {name: t.clone() for name, t in large.state_dict().items()}
    left = copy_matching(large, {**small.state_dict(), "unknown": torch.zeros(1)})
    after = large.state_dict()
    assert left
    assert all(name.startswith("synthesis.b32.") for name in left)
    for name, tensor in after.items():
        expected = before[name] if name in left else small.state_dict()[name]
        assert torch.equal(tensor, expected)


def test_weights_of_another_shape_are_left(tiny_config):
    target = Generator(tiny_config())
    names = set(target.state_dict())
    wrong = {name: torch.zeros(3, 7, 2) for name in names}
    assert set(copy_matching(target, wrong)) == names
    assert copy_matching(target, target.state_dict()) == []
