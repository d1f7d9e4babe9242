"""Options of StyleGAN 1 training, without PyTorch, so that help is quick."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal

from facewright.training.options import AdversarialOptions
from facewright.types import Json, Precision


@dataclass(frozen=True, slots=True)
class StyleGAN1Options(AdversarialOptions):
    """How StyleGAN 1 is trained; the numbers are those of the paper where it has them."""

    kimg: float = 10000
    """Stop after so many thousands of pictures, of all resolutions together."""
    tick_kimg: float = 4
    """Thousands of pictures between two reports."""
    initial_resolution: int = 8
    """Begin with pictures of so many pixels."""
    resolution: int | None = None
    """Grow up to so many pixels; those of the dataset if not given."""
    fade_kimg: float = 600
    """Thousands of pictures over which the layers of a new resolution fade in."""
    stable_kimg: float = 600
    """Thousands of pictures before the next resolution, once a new one has come in."""
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
    """How often a batch takes its styles from two z."""
    z_dim: int = 512
    """Size of z."""
    w_dim: int | None = None
    """Size of w; that of z if not given."""
    mapping_layers: int = 8
    """Fully connected layers from z to w."""
    channel_base: int = 16384
    """Feature maps times resolution."""
    channel_max: int = 512
    """Most feature maps of any layer."""
    ema_kimg: float = 10
    """Half-life of the averaged weights, in thousands of pictures."""
    precision: Precision = "auto"
    """Number format of the convolutions."""
    continue_: bool = True
    """Go on with the run in --outdir, if there is one; otherwise such a folder is refused."""

    def to_json(self) -> dict[str, Json]:
        """Return option → value, as a run records them."""
        return {name.rstrip("_"): value for name, value in asdict(self).items()}
