"""Train the network that places points on a face."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facewright.jobs.commands.train.detector import FacePictures, train_faces_on
from facewright.jobs.commands.train.runs import RunFolder, Trained
from facewright.training.options import SupervisedOptions

if TYPE_CHECKING:
    import torch

    from facewright.faces.training.examples import Labelled
    from facewright.faces.training.train import Objective


def train_mesh(
    labels: Path,
    *,
    pictures: FacePictures,
    run: RunFolder,
    options: SupervisedOptions | None = None,
) -> Trained:
    """Train a network that places 478 points on a face, or continue its training.

    Ctrl-C finishes the step and writes a checkpoint; the same command continues from there.

    Args:
        labels: Faces with 478 points each, as recipes/finder/merge.py writes them.
        pictures: Where the pictures are.
        run: The folder of the run, and the device.
        options: Options of the training; None uses the defaults.

    Returns:
        The outcome.

    Raises:
        DatasetError: The labels or the pictures cannot be used.
        InputError: An option is invalid.
        TrainingError: The folder holds another run or an active one, or the loss is no longer
            finite.

    Examples:
        facewright train mesh faces.npz --pictures zips --empty none.zip --outdir runs/mesh
        facewright train mesh faces.npz --pictures zips --empty none.zip --outdir runs/two --seed 1
    """
    from facewright.faces.detection.landmarks import MeshConfig
    from facewright.faces.training.objectives import MeshObjective

    def build(labelled: Labelled, place: torch.device, seed: int) -> Objective:
        return MeshObjective(labelled, MeshConfig(), place, seed=seed)

    return train_faces_on(labels, pictures, build, run, options)
