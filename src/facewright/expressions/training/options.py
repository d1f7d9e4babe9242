"""Options of training a classifier of expressions, without PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from facewright.training.options import SupervisedOptions

NetworkName: TypeAlias = Literal["compact", "compact-wide", "mini-xception"]


@dataclass(frozen=True, slots=True)
class ExpressionTrainOptions(SupervisedOptions):
    """Options of training a classifier of expressions."""

    kimg: float = 1400.0
    batch: int = 128
    tick_kimg: float = 28.0
    weight_decay: float = 0.05
    network: NetworkName = "compact"
    """Architecture: compact, this project's own; compact-wide, slower; or mini-xception as
    published."""
    size: int | None = None
    """Side of its input in pixels; if not given 48, for mini-xception 64."""
    blocks: int = 4
    """Modules of mini-xception: 4 as published, 5 or 6 for larger pictures."""
    votes_share: float = 0.0
    """Share of the votes of FER+ in the targets: 0 is the label of FER2013 alone, 1 the votes
    alone."""
    votes_weight: float = 0.5
    """Weight of the loss of a second head, dropped after training, that predicts the votes."""
    balance: float = 0.0
    """Balance of the classes: 0 weights them by their frequency, 1 equally."""
    mixup: float = 0.2
    """Strength of mixup: parameter of the Beta distribution of mixtures; 0 is none."""
    window: float = 0.92
    """Share of the width of a face's square that is shown in training; the rest is margin for
    shifts."""
    dropout: float = 0.2
    """Dropout before the last layer: share of features that are left out, 0 to 1."""
