"""People who would look flawed are not drawn."""

import pytest
import torch

from facewright.datasets.labels import LabelGroup
from facewright.errors import InputError
from facewright.gan.generator import Generator
from facewright.gan.layers.quality import LEVELS, MOST_REJECTED, QualityScorer, ScorerTensors
from facewright.gan.weights import LabelTable
from facewright.latents.candidates import (
    MOST_CANDIDATES,
    draw_candidate,
    number_candidates,
    pick_reject,
    replace_rejected,
)
from facewright.latents.sample import SamplingConfig, choose_latents, draw_latents, sample_people

GROUPS = (LabelGroup("age", ("young", "old")), LabelGroup("gender", ("female", "male")))
TABLE = LabelTable(GROUPS, torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1]]), torch.tensor([3.0, 1]))
SEEDS = range(200)


def add_scorer(generator: Generator, *, demanding: bool = False) -> Generator:
    """Let the first number of w be the score, and learn its quantiles for each age."""
    w_dim = generator.config.w_dim
    z, c = draw_latents(generator.config, range(4000, 6000), labels=TABLE)
    scores = generator.mapping(z, c)[:, 0]
    steps = torch.linspace(0, MOST_REJECTED, LEVELS)
    table = torch.stack([scores[c[:, age] > 0].quantile(steps) for age in (0, 1)])
    table = table + 1e6 * demanding
    tensors = ScorerTensors(torch.eye(w_dim + 1)[:, :1], torch.eye(4)[0], table)
    generator.scorer = QualityScorer(((0, 2),), tensors, 0.2)
    return generator


def build(tiny_config, shake) -> Generator:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = Generator(tiny_config(c_dim=4))
    return shake(made, amount=0.5).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def generator(tiny_config, shake) -> Generator:
    return add_scorer(build(tiny_config, shake))


def test_a_share_of_each_group_is_drawn_anew(generator):
    seeds = range(800)
    _, c = draw_latents(generator.config, seeds, labels=TABLE)
    numbers = torch.tensor(number_candidates(generator, seeds, c, reject=0.3))
    for age in (0, 1):
        of_age = numbers[c[:, age] > 0]
        assert (of_age > 0).float().mean().item() == pytest.approx(0.3, abs=0.1)


def test_everybody_who_is_drawn_passes_and_keeps_their_labels(generator):
    plain, before = draw_latents(generator.config, SEEDS, labels=TABLE)
    z, c = choose_latents(generator, SEEDS, labels=TABLE, reject=0.3)
    assert torch.equal(c, before)
    kept = (z == plain).all(1)
    assert 0.5 < kept.float().mean() < 0.9
    scores = generator.scorer(generator.mapping(z, c))
    assert (scores >= generator.scorer.threshold(c, 0.3) - 1e-5).all()


def test_a_seed_takes_the_same_candidate_whoever_is_beside(generator):
    z, c = draw_latents(generator.config, SEEDS, labels=TABLE)
    together = replace_rejected(generator, SEEDS, z, c, reject=0.5)
    for seed in range(20):
        one = slice(seed, seed + 1)
        alone = replace_rejected(generator, [seed], z[one], c[one], reject=0.5)
        assert torch.equal(alone, together[one])


def test_rejecting_more_never_changes_who_passes_more(generator):
    _, c = draw_latents(generator.config, SEEDS, labels=TABLE)
    few, many = (number_candidates(generator, SEEDS, c, reject=share) for share in (0.2, 0.6))
    assert all(a <= b for a, b in zip(few, many, strict=True))


def test_nobody_is_rejected_where_nothing_is(generator):
    z, c = choose_latents(generator, SEEDS, labels=TABLE)
    plain, _ = draw_latents(generator.config, SEEDS, labels=TABLE)
    assert torch.equal(z, plain)
    assert number_candidates(generator, SEEDS, c, reject=0) == [0] * len(SEEDS)


def test_the_best_candidate_is_drawn_where_none_passes(tiny_config, shake):
    strict = add_scorer(build(tiny_config, shake), demanding=True)
    _, c = draw_latents(strict.config, [7], labels=TABLE)
    [number] = number_candidates(strict, [7], c, reject=0.2)
    every = torch.stack([draw_candidate(7, i, 8) for i in range(MOST_CANDIDATES)])
    scores = strict.scorer(strict.mapping(every, c.expand(MOST_CANDIDATES, -1)))
    assert number == int(scores.argmax())


def test_candidate_nought_is_the_person_of_the_seed(generator):
    z, _ = draw_latents(generator.config, [5])
    assert torch.equal(draw_candidate(5, 0, 8), z[0])
    assert not torch.equal(draw_candidate(5, 1, 8), draw_candidate(6, 0, 8))
    assert not torch.equal(draw_candidate(5, 1, 8), draw_candidate(5, 2, 8))


def test_pictures_are_those_of_the_candidates(generator):
    sampling = SamplingConfig(reject=0.5)
    people = list(sample_people(generator, range(8), labels=TABLE, sampling=sampling, batch=4))
    plain = list(sample_people(generator, range(8), labels=TABLE, batch=4))
    _, c = draw_latents(generator.config, range(8), labels=TABLE)
    numbers = number_candidates(generator, range(8), c, reject=0.5)
    assert 0 < sum(number > 0 for number in numbers) < 8
    for one, other, number in zip(people, plain, numbers, strict=True):
        assert (one.image == other.image).all() == (number == 0)
        assert one.label == other.label


def test_weights_recommend_a_share_where_they_can_tell(generator, tiny_generator):
    assert pick_reject(generator) == 0.2
    assert pick_reject(generator, 0.0) == 0
    assert pick_reject(tiny_generator) == 0
    assert pick_reject(tiny_generator, 0.0) == 0


@pytest.mark.parametrize("share", [-0.1, 0.95, float("nan")])
def test_a_share_that_cannot_be_rejected_is_refused(generator, share):
    with pytest.raises(InputError, match=r"0 to 0\.9"):
        pick_reject(generator, share)


def test_a_generator_that_cannot_tell_rejects_nobody(tiny_generator):
    with pytest.raises(InputError, match="nothing that tells flawed people"):
        pick_reject(tiny_generator, 0.2)
    with pytest.raises(InputError, match="nothing that tells flawed people"):
        choose_latents(tiny_generator, [1], reject=0.2)
