from dataclasses import replace

import numpy as np
import pytest
import torch

from facewright.device import seeded, to_images
from facewright.errors import InputError
from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig
from facewright.latents.encoder.psp import Encoder
from facewright.latents.invert import RefineOptions, encode_faces, invert_faces

SHORT = RefineOptions(steps=30, lr=0.1)


@pytest.fixture
def people(generator):
    """Two generated people: their pictures, and the latents that nobody is given."""
    ws = generator.map_to_w(torch.randn(2, 8, generator=seeded(7)))
    with torch.no_grad():
        return to_images(generator.synthesis(ws)), ws


def test_refining_brings_the_picture_nearer(generator, people):
    images, _ = people
    before = invert_faces(generator, images, options=replace(SHORT, steps=0))
    after = invert_faces(generator, images, options=SHORT)
    assert all(b < 0.7 * a for a, b in zip(before.errors, after.errors, strict=True))
    with torch.no_grad():
        assert np.array_equal(to_images(generator.synthesis(after.ws)), after.images)


def test_true_latents_have_no_error(generator, people):
    images, ws = people

    class Knowing(torch.nn.Module):
        latent_avg, config = ws[0], type("Config", (), {"size": 16})

        def forward(self, _):
            return ws

    found = invert_faces(generator, images, encoder=Knowing(), options=replace(SHORT, steps=0))
    assert found.errors == (0, 0)
    assert torch.equal(found.ws, ws)


def test_the_search_begins_where_the_encoder_says(generator, encoder, people):
    images, _ = people
    found = invert_faces(generator, images, encoder=encoder, options=replace(SHORT, steps=0))
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
    assert torch.allclose(found.ws, encode_faces(generator, x, encoder), atol=1e-5)
    average = encode_faces(generator, x)
    assert torch.equal(average[1, 4], generator.mapping.w_avg)


def test_the_same_seed_finds_the_same_latents(generator, people):
    one, two = (invert_faces(generator, people[0], options=SHORT).ws for _ in range(2))
    other = invert_faces(generator, people[0], options=replace(SHORT, seed=1)).ws
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_a_search_that_finds_nothing_better_stays_where_it_began(generator, encoder, people):
    images, _ = people
    options = RefineOptions(steps=3, lr=100.0)
    begun, found = (
        invert_faces(generator, images, encoder=encoder, options=replace(options, steps=steps))
        for steps in (0, 3)
    )
    assert torch.equal(begun.ws, found.ws)


def test_a_greater_weight_of_the_norm_stays_nearer(generator, people):
    far, near = (
        invert_faces(generator, people[0], options=replace(SHORT, norm_weight=weight)).ws
        for weight in (0.0, 10.0)
    )
    average = generator.mapping.w_avg
    assert (near - average).square().mean() < (far - average).square().mean()


def test_what_features_see_is_brought_nearer_too(generator, people):
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(4).get_state())
        features = FaceFeatures(FeaturesConfig(16, (3, 4), (0, 1))).eval()
    features.requires_grad_(requires_grad=False)
    without, with_them = (
        invert_faces(
            generator,
            people[0],
            features=features,
            options=replace(SHORT, perceptual_weight=weight),
        )
        for weight in (0.0, 1.0)
    )
    assert len(with_them.distances) == 2
    assert sum(with_them.distances) < sum(without.distances)
    assert invert_faces(generator, people[0], options=replace(SHORT, steps=0)).distances == ()


def test_progress_is_told(generator, people):
    told = []
    invert_faces(
        generator,
        people[0],
        options=replace(SHORT, steps=3),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_an_encoder_of_another_generator_is_refused(generator, encoder, people):
    larger = Encoder(replace(encoder.config, num_ws=8))
    with pytest.raises(InputError, match=r"\(8, 8\).*\(6, 8\)"):
        invert_faces(generator, people[0], encoder=larger)


def test_pictures_of_another_size_are_refused(generator):
    with pytest.raises(InputError, match="16×16"):
        invert_faces(generator, np.zeros((1, 32, 32, 3), np.uint8))


@pytest.mark.parametrize("change", [{"steps": -1}, {"lr": float("nan")}, {"noise": -1}])
def test_options_that_make_no_sense_are_refused(generator, people, change):
    with pytest.raises(InputError, match="(is|are) invalid"):
        invert_faces(generator, people[0], options=replace(SHORT, **change))
