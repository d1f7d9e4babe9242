"""Train the networks that make pictures larger: any, or the faces of a generator."""

from __future__ import annotations

from pathlib import Path

from facewright.enhance.options import EnhancerTrainOptions
from facewright.errors import InputError
from facewright.jobs.commands.train.runs import RunFolder, Trained, conclude
from facewright.refine.options import RefinerTrainOptions


def train_enhancer(
    pictures: Path, *, run: RunFolder, options: EnhancerTrainOptions | None = None
) -> Trained:
    """Train an enhancer, which enlarges and restores pictures, or continue its training.

    It is trained on patches that are reduced, blurred, and given noise and JPEG artifacts. Ctrl-C
    finishes the step and writes a checkpoint; the same command continues from there.

    Args:
        pictures: A folder or zip of sharp pictures of any sizes, but none smaller than a patch
            times the scale.
        run: The folder of the run, and the device.
        options: Options of the training; None uses the defaults.

    Returns:
        The outcome.

    Raises:
        DatasetError: The pictures cannot be read.
        InputError: An option is invalid, or a picture is too small.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.

    Examples:
        facewright train enhancer photos --outdir runs/enhancer
        facewright train enhancer photos.zip --outdir runs/four --scale 4 --patch 32
    """
    from facewright.datasets.stored import gather_pictures
    from facewright.device import pick_device
    from facewright.enhance.train import check_options
    from facewright.enhance.train import train_enhancer as train

    options, place = options or EnhancerTrainOptions(), pick_device(run.device)
    check_options(options)
    gathered = gather_pictures(pictures, least=options.patch * options.scale)
    weights = train(gathered, run.outdir, options, device=place)
    return conclude(weights, options.kimg, place)


def train_refiner(
    faces: Path,
    *,
    run: RunFolder,
    drawn: Path | None = None,
    resolution: int = 128,
    template: str = "eyes-mouth",
    options: RefinerTrainOptions | None = None,
) -> Trained:
    """Train a refiner, which doubles the size of generated faces, or continue its training.

    It is trained on sharp faces that are reduced and softened, and on generated faces. Ctrl-C
    finishes the step and writes a checkpoint; the same command continues from there.

    Args:
        faces: A folder or zip of square faces, cut as the generator draws them, best at twice its
            size; what `prepare` writes.
        run: The folder of the run, and the device.
        drawn: A folder or zip of faces that the generator drew, as large as it draws them; without
            them it learns from real faces alone.
        resolution: Width and height in pixels of what will be refined.
        template: How all of them are cut.
        options: Options of the training; None uses the defaults.

    Returns:
        The outcome.

    Raises:
        DatasetError: The pictures cannot be read.
        InputError: An option is invalid, or a picture is too small or not square, or the weights of
            the frozen network are not installed.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.

    Examples:
        facewright train refiner faces-224.zip --outdir runs/refiner
        facewright train refiner faces-224.zip --drawn drawn --outdir runs/refiner
    """
    from facewright.datasets.stored import gather_pictures
    from facewright.device import pick_device
    from facewright.faces.templates import TEMPLATES
    from facewright.gan.training.projected.efficientnet import load_efficientnet
    from facewright.refine.network import SCALE
    from facewright.refine.train import RefinerData, check_options
    from facewright.refine.train import train_refiner as train

    options, place = options or RefinerTrainOptions(), pick_device(run.device)
    check_options(options)
    if template not in TEMPLATES:
        hint = f"one of: {', '.join(TEMPLATES)}"
        raise InputError(f"no template is called `{template}`", hint=hint)
    data = RefinerData(
        gather_pictures(faces, least=options.patch * SCALE),
        gather_pictures(drawn, least=options.patch) if drawn else None,
        template,
        resolution,
    )
    weights = train(data, run.outdir, options, backbone=load_efficientnet(), device=place)
    return conclude(weights, options.kimg, place)
