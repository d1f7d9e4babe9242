"""Options of refiner training, without PyTorch, so that help is quick."""

from dataclasses import dataclass

from facewright.training.options import SupervisedOptions


@dataclass(frozen=True, slots=True)
class RefinerTrainOptions(SupervisedOptions):
    """Options of training a refiner."""

    kimg: float = 100.0
    tick_kimg: float = 1.0
    batch: int = 6
    lr: float = 0.0004
    filters: int = 64
    """Feature maps at half the size of the input; half as many again one level below."""
    blocks: int = 2
    """Residual blocks on each level, down and up."""
    patch: int = 48
    """Side of the patches of faces in training, in pixels."""
    sharpest: float = 0.35
    """Share of the pictures to train on, the sharpest ones, above 0 to 1."""
    shrink: float = 0.75
    """Pictures are first reduced by a random factor from this to 1, which hides artifacts of their
    own compression."""
    pixel_weight: float = 1.0
    """Weight of the mean absolute difference of pixels."""
    feature_weight: float = 0.1
    """Weight of the difference in the feature maps of a frozen network."""
    projected_weight: float = 0.02
    """Weight of the adversarial loss of projected heads on that network; 0 leaves it out."""
    keep_weight: float = 0.5
    """Weight of the change of generated faces at their original size, which has to stay small."""
    warm_kimg: float = 5.0
    """Thousands of patches before the adversarial loss begins."""
