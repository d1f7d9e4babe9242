"""How an enhancer is trained. No PyTorch, so that help is quick."""

from dataclasses import dataclass

from facewright.training.options import SupervisedOptions


@dataclass(frozen=True, slots=True)
class EnhancerTrainOptions(SupervisedOptions):
    """How to train an enhancer."""

    batch: int = 16
    lr: float = 0.001
    scale: int = 2
    """How many times larger pictures get: 2, 4, or 1 to restore them only."""
    filters: int = 32
    """Feature maps of every layer."""
    blocks: int = 8
    """Residual blocks."""
    patch: int = 48
    """Side in pixels of what the network sees."""
    clean_share: float = 0.5
    """This part of the patches are made smaller only: neither blurred nor noisy nor a JPEG."""
    shrink: float = 0.6
    """Pictures are first made smaller by a factor from this to 1, which hides the traces of their
    own compression; never smaller than a patch."""
