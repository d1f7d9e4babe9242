"""Options of StyleGAN 1 training, without PyTorch, so that help is quick."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

from facewright.training.options import AdversarialOptions
from facewright.types import Json, Precision


@dataclass(frozen=True, slots=True)
class StyleGAN1Options(AdversarialOptions):
    """Options of StyleGAN 1 training; defaults are those of the paper where it gives them."""

    kimg: float = 10000
    """Length of the training in thousands of pictures, over all resolutions."""
    tick_kimg: float = 4
    """Thousands of pictures between two reports."""
    initial_resolution: int = 8
    """Width in pixels of the pictures to begin with."""
    resolution: int | None = None
    """Width in pixels to grow up to; that of the dataset if not given."""
    fade_kimg: float = 600
    """Thousands of pictures over which the layers of a new resolution fade in."""
    stable_kimg: float = 600
    """Thousands of pictures between the end of a fade-in and the next resolution."""
    batch: int = 8
    """Pictures per step, of all processes together, at resolutions that --batch-at leaves out."""
    batch_at: dict[str, int] = field(
        default_factory=lambda: {"4": 128, "8": 128, "16": 64, "32": 32, "64": 16, "128": 16}
    )
    """Pictures per step at a resolution: --batch-at.64 16."""
    lr: float = 0.001
    """Learning rate at resolutions that --lr-at leaves out; the mapping network has a hundredth."""
    lr_at: dict[str, float] = field(
        default_factory=lambda: {"128": 0.0015, "256": 0.002, "512": 0.003, "1024": 0.003}
    )
    """Learning rate at a resolution: --lr-at.256 0.002."""
    loss: Literal["logistic", "wgan-gp"] = "logistic"
    """Non-saturating logistic loss with R1, or Wasserstein loss with a gradient penalty."""
    gamma: float = 10
    """Weight of R1, or of the gradient penalty."""
    n_critic: int = 1
    """Steps of the discriminator per step of the generator."""
    style_mixing: float = 0.9
    """Probability that a batch takes its styles from two z."""
    z_dim: int = 512
    """Dimension of z."""
    w_dim: int | None = None
    """Dimension of w; that of z if not given."""
    mapping_layers: int = 8
    """Fully connected layers from z to w."""
    channel_base: int = 16384
    """Feature maps times resolution."""
    channel_max: int = 512
    """Most feature maps of any layer."""
    ema_kimg: float = 10
    """Half-life of the averaged weights (EMA), in thousands of pictures."""
    precision: Precision = "auto"
    """Number format of the convolutions."""
    continue_: bool = True
    """Continue the run in --outdir, if there is one; --no-continue refuses such a folder."""

    def to_json(self) -> dict[str, Json]:
        """Return the options as a run records them, by name."""
        return {name.rstrip("_"): value for name, value in asdict(self).items()}
