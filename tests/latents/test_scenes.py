"""Several people at once: casts, mixing grids, walks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from facewright.datasets.labels import LabelGroup
from facewright.errors import InputError
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import LabelTable
from facewright.latents.sample import SamplingConfig, draw_latents, sample_people
from facewright.latents.scenes import (
    FaceSampler,
    draw_mixing_grid,
    draw_pairs,
    draw_varied,
    draw_walk,
    find_group,
    synthesise,
)

GROUPS = (LabelGroup("age", ("young", "old")),)


@pytest.fixture(scope="module")
def sampler():
    config = GeneratorConfig(
        resolution=16,
        z_dim=8,
        w_dim=8,
        c_dim=2,
        channel_base=64,
        channel_max=8,
        mapping_layers=2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = Generator(config).eval()
    labels = LabelTable(GROUPS, torch.eye(2), torch.ones(2))
    return FaceSampler(generator, 4, SamplingConfig(truncation_psi=0.8), labels)


def faces(sampler, seeds, **chosen):
    people = sample_people(
        sampler.generator,
        seeds,
        labels=sampler.labels,
        chosen=chosen,
        sampling=sampler.sampling,
        batch=sampler.batch,
    )
    return [person.image for person in people]


def test_cast_of_one_label_is_that_of_sampling(sampler):
    drawn = list(draw_varied(sampler, [(seed, {"age": "old"}) for seed in range(6)]))
    np.testing.assert_array_equal(drawn, faces(sampler, range(6), age="old"))


def test_grid_without_layers_repeats_the_rows(sampler):
    grid = draw_mixing_grid(sampler, [1, 2], [3, 4, 5], [])
    np.testing.assert_array_equal(grid.rows, faces(sampler, [1, 2]))
    np.testing.assert_array_equal(grid.columns, faces(sampler, [3, 4, 5]))
    expected = [grid.rows[0]] * 3 + [grid.rows[1]] * 3
    np.testing.assert_array_equal(grid.cells, expected)


def test_grid_with_all_layers_repeats_the_columns(sampler):
    layers = range(sampler.generator.num_ws)
    grid = draw_mixing_grid(sampler, [1, 2], [3, 4, 5], layers)
    np.testing.assert_array_equal(grid.cells, [*grid.columns, *grid.columns])


@pytest.mark.parametrize("space", ["z", "w"])
def test_walk_begins_with_the_first_person_and_ends_with_the_last(sampler, space):
    frames = list(draw_walk(sampler, [1, 2], 5, space=space, loop=False))
    ends = faces(sampler, [1, 2])
    assert len(frames) == 5
    assert np.abs(frames[0].astype(int) - ends[0]).max() <= 1
    assert np.abs(frames[-1].astype(int) - ends[1]).max() <= 1


def test_pairs_are_seeds_in_order(sampler):
    pairs = draw_pairs(sampler, 3)
    assert pairs.shape == (3, 2, sampler.generator.num_ws, 8)
    pictures = synthesise(sampler, pairs[1])
    assert pictures.shape == (2, 3, 16, 16)


def test_ends_of_a_pair_share_one_label(sampler):
    some = replace(sampler, chosen={})
    label = [draw_latents(some.generator.config, [n], labels=some.labels)[1] for n in range(16)]
    number = next(n for n in range(8) if not torch.equal(label[2 * n], label[2 * n + 1]))
    z, _ = draw_latents(some.generator.config, [2 * number, 2 * number + 1])
    expected = some.generator.map_to_w(
        z, label[2 * number].expand(2, -1), truncation_psi=some.sampling.truncation_psi
    )
    torch.testing.assert_close(draw_pairs(some, 8)[number], expected)


def test_grid_says_how_far_it_is(sampler):
    told = []
    draw_mixing_grid(sampler, [1], [2, 3], [0], progress=lambda *step: told.append(step))
    assert told == [(4, 5), (5, 5)]


def test_unknown_label_is_refused(sampler):
    assert find_group(sampler.labels, "age") is GROUPS[0]
    with pytest.raises(InputError, match="knows no label `hat`"):
        find_group(sampler.labels, "hat")
