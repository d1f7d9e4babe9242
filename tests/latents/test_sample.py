from itertools import count, islice

import numpy as np
import pytest
import torch

from facewright.datasets.labels import LabelGroup
from facewright.device import to_images
from facewright.errors import InputError
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import LabelTable
from facewright.latents.sample import (
    SamplingConfig,
    check_labels,
    draw_faces,
    draw_latents,
    draw_styles,
    fit_batch,
    pick_batch,
    resolve_batch,
    sample_people,
)

GROUPS = (LabelGroup("age", ("young", "old")), LabelGroup("gender", ("female", "male")))
TABLE = LabelTable(
    GROUPS,
    torch.tensor([[1.0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0]]),  # no old man
    torch.tensor([6.0, 1, 1]),
)


@pytest.fixture(scope="module")
def conditional(tiny_config, shake) -> Generator:
    return shake(Generator(tiny_config(c_dim=4))).eval().requires_grad_(False)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_seed_is_the_same_person_whoever_is_beside(frozen, tiny_generator):
    if frozen:
        tiny_generator.freeze()
    together = {s.seed: s.image for s in sample_people(tiny_generator, range(6), batch=4)}
    assert list(together) == list(range(6))
    for seeds in ([3], [5, 3], [9, 8, 7, 3, 5]):
        for sample in sample_people(tiny_generator, seeds, batch=4):
            if sample.seed in together:
                assert np.array_equal(sample.image, together[sample.seed])


def test_people_are_pictures(tiny_generator):
    (sample,) = sample_people(tiny_generator, [7], batch=2)
    assert (sample.image.shape, sample.image.dtype) == ((16, 16, 3), np.uint8)
    assert sample.image.flags.c_contiguous
    assert (sample.seed, sample.label) == (7, {})


def test_a_batch_is_what_the_generator_draws(tiny_generator):
    z, c = draw_latents(tiny_generator.config, [1, 2])
    sampling = SamplingConfig(truncation_psi=0.5, noise="none")
    images = draw_faces(tiny_generator, z, c, sampling=sampling, batch=2)
    expected = to_images(tiny_generator(z, truncation_psi=0.5, noise="none"))
    assert np.array_equal(images, expected)


def test_styles_are_drawn_as_they_are(tiny_generator):
    z, _ = draw_latents(tiny_generator.config, range(5))
    ws = tiny_generator.map_to_w(z, truncation_psi=0.7)
    images = draw_styles(tiny_generator, ws, sampling=SamplingConfig(truncation_psi=0.1), batch=2)
    faces = [s.image for s in sample_people(tiny_generator, range(5), batch=2)]
    assert np.array_equal(images, np.stack(faces))


def test_cutoff_truncates_the_first_layers_alone(tiny_generator):
    z, c = draw_latents(tiny_generator.config, [1])
    ways = [
        SamplingConfig(truncation_psi=0),
        SamplingConfig(truncation_psi=0, cutoff=2),
        SamplingConfig(truncation_psi=0, cutoff=0),
        SamplingConfig(truncation_psi=1),
    ]
    none, some, all_, full = (draw_faces(tiny_generator, z, c, sampling=w, batch=1) for w in ways)
    assert np.array_equal(all_, full)
    assert not np.array_equal(some, none)
    assert not np.array_equal(some, full)


def test_endless_seeds_are_taken_as_needed(tiny_generator):
    taken = []

    def seeds():
        for seed in count():
            taken.append(seed)
            yield seed

    people = sample_people(tiny_generator, seeds(), batch=2)
    assert taken == []
    assert [s.seed for s in islice(people, 3)] == [0, 1, 2]
    assert taken == [0, 1, 2, 3]


def test_no_seeds_are_nobody(tiny_generator):
    assert list(sample_people(tiny_generator, [], batch=2)) == []


def test_chosen_labels_keep_z():
    config = GeneratorConfig(16, z_dim=8, c_dim=4)
    plain, _ = draw_latents(config, range(8), labels=TABLE)
    for chosen in ({"age": "old"}, {"gender": "Male"}, {"age": "young", "gender": "female"}):
        z, _ = draw_latents(config, range(8), labels=TABLE, chosen=chosen)
        assert torch.equal(z, plain)


def test_chosen_labels_are_drawn(conditional):
    chosen = {"age": "YOUNG", "gender": "male"}
    people = list(sample_people(conditional, range(3), labels=TABLE, chosen=chosen, batch=4))
    assert [p.label for p in people] == [{"age": "young", "gender": "male"}] * 3


def test_labels_left_open_are_as_frequent_as_in_training():
    config = GeneratorConfig(16, z_dim=8, c_dim=4)
    _, c = draw_latents(config, range(400), labels=TABLE)
    shares = (c[:, None] == TABLE.vectors).all(dim=2).float().mean(dim=0)
    torch.testing.assert_close(shares, TABLE.counts / 8, rtol=0, atol=0.07)
    _, c = draw_latents(config, range(400), labels=TABLE, chosen={"age": "young"})
    assert bool((c[:, 0] == 1).all())
    assert float(c[:, 2].mean()) == pytest.approx(6 / 7, abs=0.07)


def test_a_combination_that_never_occurred_can_be_drawn(conditional):
    chosen = {"age": "old", "gender": "male"}
    (person,) = sample_people(conditional, [0], labels=TABLE, chosen=chosen, batch=1)
    assert person.label == chosen
    (other,) = sample_people(conditional, [0], labels=TABLE, chosen={"age": "old"}, batch=1)
    assert not np.array_equal(person.image, other.image)


@pytest.mark.parametrize(
    ("chosen", "message", "hint"),
    [
        ({"hair": "red"}, "no label is called `hair`", "age, gender"),
        ({"age": "ancient"}, "ancient", "young, old"),
        ({"gender": "male", "age": ""}, "age", "young, old"),
    ],
)
def test_unknown_labels_are_refused_with_the_known_ones(chosen, message, hint, conditional):
    people = sample_people(conditional, [0], labels=TABLE, chosen=chosen, batch=1)
    with pytest.raises(InputError, match=message) as error:
        next(people)
    assert hint in error.value.hint


def test_labels_of_a_generator_without_are_refused(tiny_generator):
    with pytest.raises(InputError, match="knows no labels, so `age`") as error:
        next(sample_people(tiny_generator, [0], chosen={"age": "old"}, batch=1))
    assert "--cond" in error.value.hint


def test_known_labels_pass():
    check_labels(TABLE, {"age": "old"})
    check_labels(TABLE, {})


@pytest.mark.parametrize("resolution", [16, 64, 256, 1024])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_batches_are_powers_of_two(resolution, dtype):
    config = GeneratorConfig(resolution, channel_base=32768)
    batch = pick_batch(config, torch.device("cpu"), dtype)
    assert 1 <= batch <= 16
    assert batch.bit_count() == 1


def test_larger_pictures_come_in_smaller_batches():
    small, large = (
        pick_batch(GeneratorConfig(r), torch.device("cpu"), torch.float32) for r in (64, 1024)
    )
    assert small >= large


def test_batch_is_halved_until_it_fits():
    tried = []

    def draw(batch):
        tried.append(batch)
        if batch > 4:
            raise torch.OutOfMemoryError

    assert fit_batch(draw, 16) == 4
    assert tried == [16, 8, 4]


def test_one_face_that_does_not_fit_is_an_error():
    def draw(batch):
        raise torch.OutOfMemoryError(f"{batch}")

    with pytest.raises(torch.OutOfMemoryError, match="1"):
        fit_batch(draw, 4)


def test_batch_on_a_processor_is_that_of_the_configuration(tiny_generator):
    expected = pick_batch(tiny_generator.config, torch.device("cpu"), torch.float32)
    assert resolve_batch(tiny_generator, SamplingConfig()) == expected
