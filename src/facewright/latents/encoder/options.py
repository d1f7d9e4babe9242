"""How an encoder is trained. No PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from facewright.training.options import SupervisedOptions

Size: TypeAlias = Literal["small", "ir-se-50"]


@dataclass(frozen=True, slots=True)
class EncoderTrainOptions(SupervisedOptions):
    """How to train an encoder."""

    batch: int = 16
    lr: float = 0.001
    network: Size = "small"
    """How large the encoder is: small, or ir-se-50 as published."""
    generated_kimg: float = 50.0
    """Thousands of faces until the share of real ones begins to rise; after twice as many it is as
    high as it gets."""
    real_share: float = 0.5
    """At most this part of the faces are real ones."""
    pixels_weight: float = 1.0
    """How much the squared distance of pixels counts."""
    perceptual_weight: float = 0.4
    """How much the perceptual distance counts."""
    traits_weight: float = 0.2
    """How much it counts that a face as a whole looks like another person, by what is read from it
    of age, gender and ethnicity."""
    latents_weight: float = 0.5
    """How much the squared distance from known latents counts."""
    norm_weight: float = 0.005
    """How much the squared distance from the average latent counts."""
