import json
import signal
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from facewright.device import pick_dtype, seeded
from facewright.errors import InputError, TrainingError
from facewright.gan.discriminator import Discriminator, DiscriminatorConfig
from facewright.hub.bundle import load_bundle
from facewright.latents.encoder.features import DiscriminatorFeatures
from facewright.latents.encoder.objective import EncoderObjective
from facewright.latents.encoder.options import EncoderTrainOptions
from facewright.latents.encoder.psp import EncoderConfig, load_encoder
from facewright.latents.encoder.train import train_encoder
from facewright.provenance.publish import read_manifest
from facewright.training.checkpoint import load_latest

CPU = torch.device("cpu")


class Interrupting(DiscriminatorFeatures):
    """Asks for the end of the run in the first step."""

    def forward(self, ones, others):
        signal.raise_signal(signal.SIGTERM)
        return super().forward(ones, others)


def build_discriminator():
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(0).get_state())
        return Discriminator(DiscriminatorConfig(16, channel_base=64, channel_max=8))


def train(subject, outdir, options):
    return train_encoder(subject, outdir, options, device=CPU)


def test_a_stopped_run_ends_with_the_same_weights(subject, options, tmp_path):
    discriminator = build_discriminator()
    subject = replace(subject, perception=DiscriminatorFeatures(discriminator))
    whole = train(subject, tmp_path / "whole", options)
    train(replace(subject, perception=Interrupting(discriminator)), tmp_path / "parts", options)
    assert load_latest(tmp_path / "parts")[1]["images"] == 2
    parts = train(subject, tmp_path / "parts", options)
    one, two = load_bundle(whole), load_bundle(parts)
    assert all(torch.equal(tensor, two.tensors[name]) for name, tensor in one.tensors.items())


def test_a_run_resumes_from_an_earlier_encoder(subject, options, tmp_path):
    earlier = load_encoder(load_bundle(train(subject, tmp_path / "earlier", options)))
    objective = EncoderObjective(replace(subject, earlier=earlier), options, CPU)
    encoder = objective.build()
    began = encoder.state_dict()
    assert all(
        torch.equal(began[k], v) for k, v in earlier.state_dict().items() if k != "latent_avg"
    )
    assert all(one.requires_grad for one in encoder.parameters())
    with pytest.raises(InputError, match="another shape"):
        train(
            replace(subject, earlier=earlier), tmp_path / "on", replace(options, network="ir-se-50")
        )


def test_a_run_leaves_an_encoder_a_log_and_a_sheet(subject, options, tmp_path):
    bundle = load_bundle(train(subject, tmp_path, options))
    encoder = load_encoder(bundle)
    assert bundle.config["generator"] == {"name": "tiny", "sha256": "0" * 64}
    assert torch.allclose(encoder.latent_avg[3], subject.generator.mapping.w_avg, atol=2e-3)
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == [2, 4]
    assert {"latents", "norm", "pixels"} < lines[0].keys()
    manifest = read_manifest(tmp_path / "samples-000000.png")
    assert manifest.task == "train encoder"
    assert manifest.models == {"tiny": "0" * 64}


def test_every_part_of_the_loss_has_a_weight(subject, options):
    class Seeing:
        def measure(self, ones, others):
            distance = (ones - others).abs().mean((1, 2, 3))
            return {"perceptual": distance, "traits": distance}

    subject = replace(subject, perception=Seeing())
    options = replace(options, perceptual_weight=2.0, traits_weight=3.0)
    objective = EncoderObjective(subject, options, CPU)
    parts = objective.measure(objective.build(), objective.prepare(0, 2))
    assert list(parts) == ["latents", "norm", "pixels", "perceptual", "traits"]
    assert torch.allclose(parts["traits"], parts["perceptual"] * 1.5)


def test_learning_brings_latents_nearer(subject, tmp_path):
    options = EncoderTrainOptions(
        kimg=0.64, batch=16, tick_kimg=0.16, generated_kimg=1, lr=0.02, latents_weight=5
    )
    train(replace(subject, pictures=None), tmp_path, options)
    lines = [json.loads(line) for line in (tmp_path / "stats.jsonl").read_text().splitlines()]
    assert lines[-1]["latents"] < 0.9 * lines[0]["latents"]


def test_pictures_become_real_as_the_run_goes_on(subject, options):
    objective = EncoderObjective(subject, replace(options, generated_kimg=1, real_share=0.5), CPU)
    reals = [len(objective.prepare(first, 200).pictures) for first in (0, 1400, 4000)]
    assert reals[0] == 0
    assert 20 < reals[1] < 80
    assert 70 < reals[2] < 130


def test_an_example_is_the_same_in_any_batch(subject, options):
    objective = EncoderObjective(subject, options, CPU)
    whole, parts = objective.prepare(3, 6), [objective.prepare(3, 2), objective.prepare(5, 4)]
    assert torch.equal(whole.z, torch.cat([part.z for part in parts]))
    assert np.array_equal(whole.pictures, np.concatenate([part.pictures for part in parts]))


def test_the_known_latents_are_those_of_the_pictures(subject, options):
    objective = EncoderObjective(replace(subject, pictures=None), options, CPU)
    images, known = objective.draw(objective.prepare(0, 3))
    drawn = subject.generator.synthesis(known, dtype=pick_dtype(CPU))
    assert torch.allclose(drawn.clamp(-1, 1), images, atol=0.05)  # of bfloat16
    assert known.shape == (3, 6, 8)


def test_the_first_encoder_depends_on_the_seed_alone(subject, options):
    one, two = (EncoderObjective(subject, options, CPU).build() for _ in range(2))
    other = EncoderObjective(subject, replace(options, seed=1), CPU).build()
    names = ("input_layer.0.weight", "styles.5.linear.weight")
    assert all(torch.equal(one.get_parameter(n), two.get_parameter(n)) for n in names)
    assert not torch.equal(one.get_parameter(names[0]), other.get_parameter(names[0]))


def test_the_published_network_can_be_asked_for(subject, options):
    objective = EncoderObjective(subject, replace(options, network="ir-se-50"), CPU)
    assert objective.plan() == EncoderConfig(6, 8)


def test_another_generator_in_the_same_folder_is_refused(subject, options, tmp_path):
    train(subject, tmp_path, options)
    with pytest.raises(TrainingError, match="another generator"):
        train(replace(subject, sha256="1" * 64), tmp_path, options)


@pytest.mark.parametrize(
    "change",
    [
        {"network": "large"},
        {"real_share": 1.1},
        {"pixels_weight": -1},
        {"norm_weight": float("nan")},
        {"traits_weight": -1},
        {"generated_kimg": -1},
    ],
)
def test_options_that_make_no_sense_are_refused(subject, options, tmp_path, change):
    with pytest.raises(InputError):
        train(subject, tmp_path, replace(options, **change))


def test_pictures_of_another_size_are_refused(subject, options, tmp_path):
    larger = SimpleNamespace(resolution=32)
    with pytest.raises(InputError, match="32 pixels, the generator 16"):
        train(replace(subject, pictures=larger), tmp_path, options)
