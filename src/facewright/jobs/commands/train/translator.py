"""Train translators: from the pictures of two styles to weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facewright.convert.training.options import TranslatorTrainOptions
from facewright.jobs.commands.train.runs import RunFolder, Trained, conclude, joined, plan_device
from facewright.version import __version__


@dataclass(frozen=True, slots=True)
class TwoStyles:
    """The square pictures of two styles, of one size, such as `prepare` makes."""

    a: Path
    """A folder or zip of style A; without --b, a folder with the folders trainA and trainB."""
    b: Path | None = None
    """A folder or zip of style B."""


def train_translator(
    *, styles: TwoStyles, run: RunFolder, options: TranslatorTrainOptions | None = None
) -> Trained:
    """Train two translators, one for each direction (CycleGAN), or continue their training.

    The pictures of the two styles need not be pairs. Ctrl-C finishes the step and writes a
    checkpoint; the same command continues from there.

    Args:
        styles: Where the pictures are.
        run: The folder of the run, and the device.
        options: Options of the training; None uses the defaults.

    Returns:
        The outcome.

    Raises:
        DatasetError: The pictures cannot be used.
        InputError: An option is invalid, both styles are the same pictures, their sizes differ,
            or there are too few.
        TrainingError: The folder holds another run or an active one, or the losses are no longer
            finite.

    Examples:
        facewright train translator --a young.zip --b old.zip --outdir runs/ageing
        facewright train translator --a horse2zebra --outdir runs/zebra --generator resnet-6
    """
    from facewright.convert.training.plan import check_options, open_styles, plan_translation
    from facewright.convert.training.train import train_translator as train
    from facewright.faces.similarity.features import load_face_features
    from facewright.pipelines.weights import open_weights

    options = options or TranslatorTrainOptions()
    check_options(options)
    place, processes = plan_device(run.device)
    pictures = open_styles(styles.a, styles.b, mirror=options.mirror)
    plan_translation(pictures, options, place, world=processes.world)
    features = open_weights(options.features) if options.features else None
    with joined(place) as (place, processes):
        weights = train(
            pictures,
            run.outdir,
            options,
            device=place,
            processes=processes,
            features=load_face_features(features, place) if features else None,
            version=__version__,
        )
        return conclude(weights, options.kimg, place, processes)
