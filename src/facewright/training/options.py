"""Options that trainers share, without PyTorch, so that help is quick."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Length of a run, reports and seed."""

    kimg: float = 1000.0
    """Length of the training in thousands of examples; a decaying learning rate ends with it."""
    tick_kimg: float = 10.0
    """Thousands of examples between two reports."""
    seed: int = 0
    """Seed of every random number generator."""


@dataclass(frozen=True, slots=True)
class AdversarialOptions(RunOptions):
    """Options of runs with a discriminator."""

    snap: int = 10
    """Number of reports between two snapshots of pictures, weights and checkpoints."""
    mirror: bool = False
    """Also train on every picture flipped left to right."""


@dataclass(frozen=True, slots=True)
class SupervisedOptions(RunOptions):
    """Options of training one network; every fourth report writes weights and a checkpoint."""

    batch: int = 32
    """Examples per step."""
    lr: float = 0.002
    """Highest learning rate of AdamW; it rises at the start and falls to zero along a cosine."""
    threads: int = 1
    """Number of threads that prepare examples during training."""
    weight_decay: float = 0.01
    """Weight decay of AdamW."""
