"""Options that trainers share, each declared once. No PyTorch, so that help is quick."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How long a run is, and where its random numbers start."""

    kimg: float = 1000.0
    """Stop after so many thousands of examples; a learning rate that falls reaches its end then."""
    tick_kimg: float = 10.0
    """Thousands of examples between two reports."""
    seed: int = 0
    """Where every random number starts."""


@dataclass(frozen=True, slots=True)
class AdversarialOptions(RunOptions):
    """What runs with a discriminator share."""

    snap: int = 10
    """Reports between two snapshots of pictures, weights and checkpoints."""
    mirror: bool = False
    """Add every picture flipped left to right."""


@dataclass(frozen=True, slots=True)
class SupervisedOptions(RunOptions):
    """How one network is trained; each fourth report leaves weights and a checkpoint."""

    batch: int = 32
    """Examples in a step."""
    lr: float = 0.002
    """The highest learning rate, of AdamW."""
    threads: int = 1
    """How many threads make examples while the network learns."""
    weight_decay: float = 0.01
    """How strongly AdamW keeps weights small."""
