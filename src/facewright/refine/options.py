"""How a refiner is trained. No PyTorch, so that help is quick."""

from dataclasses import dataclass

from facewright.training.options import SupervisedOptions


@dataclass(frozen=True, slots=True)
class RefinerTrainOptions(SupervisedOptions):
    """How to train a refiner."""

    kimg: float = 100.0
    tick_kimg: float = 1.0
    batch: int = 6
    lr: float = 0.0004
    filters: int = 64
    """Feature maps at half the size of what comes in; half as many again one level below."""
    blocks: int = 2
    """Residual blocks on each level and way."""
    patch: int = 48
    """Side in pixels of what the network sees of a face."""
    sharpest: float = 0.35
    """Learn from this share of the pictures, the sharpest ones."""
    shrink: float = 0.75
    """Pictures are first made smaller by a factor from this to 1, which hides the traces of their
    own compression."""
    pixel_weight: float = 1.0
    """Weight of the mean absolute difference of pixels."""
    feature_weight: float = 0.1
    """Weight of the difference in the feature maps of a frozen network."""
    projected_weight: float = 0.02
    """Weight of heads on that network, which tell refined pictures from real ones; 0 leaves them
    out."""
    keep_weight: float = 0.5
    """How strongly what is drawn stays as it is at the size that it was drawn at."""
    warm_kimg: float = 5.0
    """Thousands of patches until the heads join in."""
