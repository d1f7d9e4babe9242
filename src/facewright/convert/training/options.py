"""How two translators are trained. No PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal

from facewright.training.options import AdversarialOptions


@dataclass(frozen=True, slots=True)
class TranslatorTrainOptions(AdversarialOptions):
    """How to train two translators that undo each other."""

    name: str = ""
    """What the way there is called, such as ageing; the way back is ageing:reverse. Empty is the
    name of the folder of the run."""
    kimg: float = 200
    batch: int = 1
    """Pictures of each style per step, of all processes together."""
    generator: Literal["resnet-6", "resnet-9", "unet-128", "unet-256"] = "resnet-9"
    """Architecture of both translators."""
    discriminator: Literal["basic", "n-layers", "pixel"] = "basic"
    """What a score looks at: patches of 70 pixels, of another size, or single pixels."""
    layers: int = 3
    """Halvings of the discriminator n-layers."""
    features: str = ""
    """Weights of the kind features, such as face-features, through which the discriminators see
    faces in addition to pixels: they know at once what to look at. Empty is none."""
    filters: int = 64
    """Feature maps of the first layer of every network."""
    norm: Literal["instance", "batch"] = "instance"
    """What normalises feature maps."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """How feature maps get larger: transposed convolution, or resize, which leaves no
    checkerboards."""
    residual: bool = False
    """ResNets draw what changes instead of all of the picture: they begin with the picture as it
    is, and a short run suffices for changes of detail."""
    colour: float = 0.25
    """With --residual, how much of a change of colour is drawn, 0 to 1; 0 changes brightness alone,
    as years do."""
    gan: Literal["lsgan", "vanilla", "wgangp"] = "lsgan"
    """The adversarial loss: least squares, cross-entropy, or Wasserstein with gradient penalty."""
    cycle: float = 10.0
    """Weight of the way there and back."""
    identity: float = 0.5
    """Weight of leaving pictures of the right style as they are, as a share of `cycle`."""
    pool: int = 50
    """How many made pictures of each style the discriminators are reminded of."""
    augment: float = 0.0
    """For sets of a few hundred pictures: the chance, 0 to 1, that discriminators see a picture,
    real or made, flipped, shifted, in other light, in other colours; 0.3 is a beginning."""
    lr: float = 0.0002
    """Learning rate of all networks."""
    discriminator_lr: float = 0.0
    """Learning rate of the discriminators, where it is another; 0 is that of all."""
    decay: float = 0.5
    """Over the last part of the run, as a share of it, the learning rate falls to zero."""
    ema_kimg: float = 10.0
    """Half-life of the averaged weights, which are those that are kept."""
    tick_kimg: float = 1
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the convolutions."""
