"""Options of encoder training, without PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from facewright.training.options import SupervisedOptions

Size: TypeAlias = Literal["small", "ir-se-50"]
Start: TypeAlias = Literal["average", "anchors"]


@dataclass(frozen=True, slots=True)
class EncoderTrainOptions(SupervisedOptions):
    """Options of the training of an encoder."""

    batch: int = 16
    lr: float = 0.001
    network: Size = "small"
    """Architecture of the encoder: small, or ir-se-50 as published for pSp."""
    start: Start = "average"
    """What its offsets are added to: the average latent; or what the anchors of the generator give,
    which it then sees beside the face and corrects twice (ReStyle)."""
    generated_kimg: float = 50.0
    """Thousands of faces before the share of real ones begins to rise; it reaches --real-share
    after twice as many."""
    real_share: float = 0.5
    """The largest share of real faces among the examples, 0 to 1."""
    pixels_weight: float = 1.0
    """Weight of the squared distance of pixels."""
    perceptual_weight: float = 0.4
    """Weight of the perceptual distance."""
    traits_weight: float = 0.2
    """Weight of the distance of traits: age, gender and ethnicity as `face-features` reads them
    from the whole face."""
    latents_weight: float = 0.5
    """Weight of the squared distance from known latents."""
    norm_weight: float = 0.005
    """Weight of the squared distance from what the offsets are added to."""
