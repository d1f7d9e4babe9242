"""Options of enhancer training, without PyTorch, so that help is quick."""

from dataclasses import dataclass

from facewright.training.options import SupervisedOptions


@dataclass(frozen=True, slots=True)
class EnhancerTrainOptions(SupervisedOptions):
    """Options of training an enhancer."""

    batch: int = 16
    lr: float = 0.001
    scale: int = 2
    """Factor of the enlargement: 2, 4, or 1 for restoration only."""
    filters: int = 32
    """Feature maps of every layer."""
    blocks: int = 8
    """Residual blocks."""
    patch: int = 48
    """Side of the network's input in training, in pixels."""
    clean_share: float = 0.5
    """Share of the patches that are only reduced, without blur, noise and JPEG compression, 0 to
    1."""
    shrink: float = 0.6
    """Pictures are first reduced by a random factor from this to 1, which hides artifacts of their
    own compression; never below the size of a patch."""
