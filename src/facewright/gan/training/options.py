"""Options of StyleGAN2 training, without PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal

from facewright.training.options import AdversarialOptions
from facewright.types import Precision


@dataclass(frozen=True, slots=True)
class TrainOptions(AdversarialOptions):
    """Options of the training; None is the value of the named configuration."""

    cfg: str = "auto"
    """Named configuration: auto, stylegan2, paper256, paper512, paper1024 or cifar."""
    kimg: float = 25000
    batch: int | None = None
    """Pictures per step, of all processes together."""
    gamma: float | None = None
    """Weight of R1 regularisation of the discriminator."""
    aug: Literal["ada", "fixed", "noaug"] = "ada"
    """Augmentation: ada adapts its probability, fixed keeps it, noaug leaves it out."""
    p: float = 0.2
    """Probability of augmentation with --aug fixed, 0 to 1."""
    target: float = 0.6
    """Mean sign of the discriminator's scores of real pictures that --aug ada aims at, 0 to 1."""
    ada_kimg: float | None = None
    """Thousands of pictures in which --aug ada may move the probability from 0 to 1; 500, or 100
    with --resume."""
    augpipe: str = "bgc"
    """Which augmentations: blit, geom, color, filter, noise, cutout, or bg, bgc ... bgcfnc."""
    cond: bool = False
    """Condition both networks on the labels of the dataset."""
    balance: str | None = None
    """Draw every combination of these labels equally often, such as age,ethnicity; with --cond or
    without."""
    balance_limit: float = 10.0
    """How many times as often as without --balance a picture may be drawn at most."""
    resume: str | None = None
    """Weights or folder of a run to start from instead of random weights (transfer learning)."""
    freezed: int = 0
    """Number of layers of the discriminator, counted from the picture, to keep as they are."""
    tick_kimg: float = 4
    precision: Precision = "auto"
    """Number format of the convolutions; auto chooses by the device."""
    lr: float | None = None
    """Learning rate of both networks."""
    channel_base: int | None = None
    """Feature maps times resolution: sets the width of both networks."""
    channel_max: int | None = None
    """Most feature maps of any layer; 512, or as in the weights to start from."""
    mapping_layers: int | None = None
    """Fully connected layers from z to w."""
    path_length_weight: float | None = None
    """Weight of path length regularisation; 0 leaves it out."""
    z_dim: int | None = None
    """Dimension of z; 512, or with anchors 64 more than --anchor-size."""
    w_dim: int | None = None
    """Dimension of w."""
    linear_rgb: int | None = None
    """Blocks up to this resolution add a picture that is linear in w; 0, or 32 with anchors."""
    generator: Literal["orig", "skip", "resnet"] | None = None
    """Architecture of the generator; skip, or as in the weights to start from."""
    discriminator: Literal["stylegan2", "projected", "both"] = "stylegan2"
    """Discriminator: StyleGAN2's own, projected heads on a frozen network, or both."""
    discriminator_architecture: Literal["orig", "skip", "resnet"] | None = None
    """Architecture of StyleGAN2's discriminator."""
    projected_weight: float = 0.2
    """Weight of the projected heads in the loss of the generator."""
    colour_weight: float = 0.3
    """Weight of a penalty on spots of colour that stand out more than those in the dataset at that
    position; with anchors or projected heads."""
    soft_border: bool = False
    """Blur what surrounds an aligned face before the frozen network sees it: backgrounds come out
    soft instead of textured."""
    anchor: Literal["none", "components", "labels"] = "none"
    """Reconstruct each training picture from a latent of its own: components takes the principal
    components of its shape and texture as z, labels its labels, which must identify it."""
    anchor_size: int = 192
    """Number of components with --anchor components; the rest of z stays random."""
    anchor_kimg: float = 7.0
    """Thousands of pictures that are only reconstructed before adversarial training begins."""
    anchor_pixels: float = 1.0
    """Weight of the mean absolute difference of pixels in reconstruction."""
    anchor_features: float = 0.3
    """Weight of the difference in feature maps of the frozen network in reconstruction."""
    ema_kimg: float | None = None
    """Half-life of the averaged weights (EMA), in thousands of pictures."""
