"""How a classifier of expressions is trained. No PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from facewright.training.options import SupervisedOptions

NetworkName: TypeAlias = Literal["compact", "compact-wide", "mini-xception"]


@dataclass(frozen=True, slots=True)
class ExpressionTrainOptions(SupervisedOptions):
    """How to train a classifier of expressions."""

    kimg: float = 1400.0
    batch: int = 128
    tick_kimg: float = 28.0
    weight_decay: float = 0.05
    network: NetworkName = "compact"
    """What to train: compact, our own; compact-wide, slower; or mini-xception as
    published."""
    size: int | None = None
    """Pixels that it sees; None is 48, for mini-xception 64."""
    blocks: int = 4
    """Modules of mini-xception: 4 as published, 5 or 6 for larger pictures."""
    votes_share: float = 0.0
    """How much the votes of FER+ count in what is to be named: 0 the label of FER2013 alone, 1 the
    votes alone."""
    votes_weight: float = 0.5
    """How much it counts that a second head, which is left out at the end, foresees the votes."""
    balance: float = 0.0
    """How much more rare expressions count: 0 as often as they are, 1 all alike."""
    mixup: float = 0.2
    """How strongly pairs of faces are laid over each other; 0 is not at all."""
    window: float = 0.92
    """The part of a face's square that the network sees while it learns; the rest leaves room."""
    dropout: float = 0.2
    """How many of the features are left out at random before a face is named."""
