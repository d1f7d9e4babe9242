"""Options of CycleGAN training, without PyTorch, so that help is quick."""

from dataclasses import dataclass
from typing import Literal

from facewright.training.options import AdversarialOptions


@dataclass(frozen=True, slots=True)
class TranslatorTrainOptions(AdversarialOptions):
    """Options of training two translators, one for each direction."""

    name: str = ""
    """Name of the direction from A to B, such as ageing; that from B to A is ageing:reverse. If not
    given, the name of the folder of the run."""
    kimg: float = 200
    batch: int = 1
    """Pictures of each style per step, of all processes together."""
    generator: Literal["resnet-6", "resnet-9", "unet-128", "unet-256"] = "resnet-9"
    """Architecture of both translators."""
    discriminator: Literal["basic", "n-layers", "pixel"] = "basic"
    """Receptive field of a score: basic patches of 70 pixels, n-layers other sizes, or single
    pixels."""
    layers: int = 3
    """Halvings of --discriminator n-layers: 1 to 5 give patches of 16, 34, 70, 142 and 286
    pixels."""
    features: str = ""
    """Weights of the kind face-features, such as face-features, whose features the discriminators
    score in addition to pixels, which speeds up training. If not given, pixels alone."""
    filters: int = 64
    """Feature maps of the first layer of every network."""
    norm: Literal["instance", "batch"] = "instance"
    """Normalisation of feature maps: over each picture, or over the batch."""
    upsampling: Literal["transposed", "resize"] = "transposed"
    """Upsampling of feature maps: transposed convolution, or resize, which avoids checkerboard
    artifacts."""
    residual: bool = False
    """Let ResNets predict a change that is added to the picture instead of the whole picture; a
    short run suffices for changes of detail."""
    colour: float = 0.25
    """With --residual, the factor on changes of colour, 0 to 1; 0 changes brightness alone, as for
    ageing."""
    gan: Literal["lsgan", "vanilla", "wgangp"] = "lsgan"
    """The adversarial loss: least squares, cross-entropy, or Wasserstein with gradient penalty."""
    cycle: float = 10.0
    """Weight of the cycle loss: the distance to the original after translating there and back."""
    identity: float = 0.5
    """Weight of the identity loss, relative to --cycle: pictures of the target style stay as they
    are."""
    pool: int = 50
    """Number of earlier translated pictures of each style that are kept for the discriminators."""
    augment: float = 0.0
    """For sets of a few hundred pictures: probability, 0 to 1, of each change (flip, shift, light,
    colours) of the pictures that discriminators see; try 0.3."""
    lr: float = 0.0002
    """Learning rate of all networks."""
    discriminator_lr: float = 0.0
    """Learning rate of the discriminators; 0 uses --lr."""
    decay: float = 0.5
    """Share of the run at its end over which the learning rate falls to zero, 0 to 1."""
    ema_kimg: float = 10.0
    """Half-life of the averaged weights (EMA), which are saved, in thousands of pictures."""
    tick_kimg: float = 1
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the convolutions."""
