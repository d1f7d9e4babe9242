"""How a generator is trained. No PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal

from facewright.training.options import AdversarialOptions
from facewright.types import Precision


@dataclass(frozen=True, slots=True)
class TrainOptions(AdversarialOptions):
    """How to train; None is what the configuration chooses."""

    cfg: str = "auto"
    """Named configuration: auto, stylegan2, paper256, paper512, paper1024 or cifar."""
    kimg: float = 25000
    batch: int | None = None
    """Pictures per step, of all processes together."""
    gamma: float | None = None
    """Weight of R1 regularisation."""
    aug: Literal["ada", "fixed", "noaug"] = "ada"
    """Adaptive augmentation, a fixed probability, or none."""
    p: float = 0.2
    """Probability of augmentation with `aug` "fixed"."""
    target: float = 0.6
    """What adaptive augmentation holds the mean sign of the scores of real pictures at."""
    ada_kimg: float | None = None
    """How fast it adapts: p moves by one in so many thousands of pictures."""
    augpipe: str = "bgc"
    """Which augmentations: blit, geom, color, filter, noise, cutout, or bg, bgc ... bgcfnc."""
    cond: bool = False
    """Learn the labels of the dataset too."""
    balance: str | None = None
    """Draw every combination of these labels equally often, such as age,ethnicity; with --cond or
    without."""
    balance_limit: float = 10.0
    """How many times as often as without --balance a picture may be drawn at most."""
    resume: str | None = None
    """Start from these weights or this run instead of from noise: transfer learning."""
    freezed: int = 0
    """Layers of the discriminator, from the picture on, that keep their weights."""
    tick_kimg: float = 4
    precision: Precision = "auto"
    """Number format of the convolutions."""
    lr: float | None = None
    """Learning rate of both networks."""
    channel_base: int | None = None
    """Feature maps times resolution."""
    channel_max: int | None = None
    """Most feature maps of any layer; 512, or as in the weights to start from."""
    mapping_layers: int | None = None
    """Fully connected layers from z to w."""
    path_length_weight: float | None = None
    """Weight of path length regularisation; 0 leaves it out."""
    z_dim: int | None = None
    """Size of z; 512, or with anchors 64 more than their numbers."""
    w_dim: int | None = None
    """Size of w."""
    linear_rgb: int | None = None
    """Blocks up to this resolution add a picture that is linear in w; 0, or 32 with anchors."""
    generator: Literal["orig", "skip", "resnet"] | None = None
    """Architecture of the generator; skip, or as in the weights to start from."""
    discriminator: Literal["stylegan2", "projected", "both"] = "stylegan2"
    """What judges: StyleGAN2's own network, heads on a frozen network, or both."""
    discriminator_architecture: Literal["orig", "skip", "resnet"] | None = None
    """Architecture of StyleGAN2's discriminator."""
    projected_weight: float = 0.2
    """Weight of the heads in the loss of the generator."""
    colour_weight: float = 0.3
    """Weight of colours that stand out from what is around them more than they do at that place in
    the pictures of the dataset; with anchors or projected heads."""
    soft_border: bool = False
    """Blur what surrounds the ellipse of an aligned face before the frozen network sees it, so that
    it asks for no texture there: grounds come out soft."""
    anchor: Literal["none", "components", "labels"] = "none"
    """Show the generator which picture belongs to which latent: to components of its shape and
    texture, which become its z, or to labels that say all there is to say."""
    anchor_size: int = 192
    """How many components; the rest of z stays free."""
    anchor_kimg: float = 7.0
    """Thousands of pictures that are only reconstructed before a discriminator joins in."""
    anchor_pixels: float = 1.0
    """Weight of the pixels in reconstruction."""
    anchor_features: float = 0.3
    """Weight of what the frozen network sees in reconstruction."""
    ema_kimg: float | None = None
    """Half-life of the averaged weights, in thousands of pictures."""
