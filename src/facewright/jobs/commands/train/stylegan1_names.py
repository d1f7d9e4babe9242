"""Parameters of StyleGAN 1 training under the names of the older PyTorch notebooks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from facewright.errors import InputError

_MINI_BATCH = 8  # where nobody names another
_Rename: TypeAlias = Callable[[Any, Mapping[str, Any]], dict[str, Any]]


def rename_stylegan1(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters under the names of `facewright train stylegan1`.

    Args:
        told: Name → value; names of the older notebooks (`n_sample`, `DGR` ...), of the command,
            or both.

    Returns:
        Names of the command → values. What stands under both names has the value of the newer one.

    Raises:
        InputError: A parameter had one value for good, or asks for another command.

    Example:
        >>> rename_stylegan1({"n_sample": 600_000, "max_step": 4, "DGR": 1, "lr": 0.002})
        {'fade_kimg': 600.0, 'stable_kimg': 0.0, 'resolution': 64, 'n_critic': 1, 'lr': 0.002}
    """
    renamed: dict[str, Any] = {}
    for name, value in told.items():
        if name in _NAMES:
            renamed |= _NAMES[name](value, told)
    kept = {name: value for name, value in told.items() if name not in _NAMES}
    return renamed | kept


def _rename(name: str) -> _Rename:
    """Return what gives a value another name."""
    return lambda value, _: {name: value}


def _rename_table(name: str) -> _Rename:
    """Return what renames a table of resolutions, or the number that stands for all of them."""

    def rename(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return {f"{name}_at": {str(size): number for size, number in value.items()}}
        return {name: value, f"{name}_at": {}}

    return rename


def _rename_report(value: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    """Turn steps between two reports into thousands of pictures, at the smallest batch."""
    return {"tick_kimg": value * told.get("mini_batch_size", _MINI_BATCH) / 1000}


def _rename_mixing(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Take a probability; an empty list was no mixing."""
    if isinstance(value, list) and value:
        raise InputError(
            f"style_mixing={value} is a list of steps, which no training ever used",
            hint="a probability, such as 0.9, or [] for none; `facewright mix` mixes layers",
        )
    return {"style_mixing": value or 0.0}


def _check_input(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Accept the only size that the first feature maps have."""
    if value != 4:
        raise InputError(f"dim_input={value}: the first feature maps have 4×4 pixels")
    return {}


def _check_gpus(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Accept as many GPUs as there are processes."""
    if value not in {1, int(os.environ.get("WORLD_SIZE", "1"))}:
        raise InputError(
            f"n_gpu={value}, but each GPU has a process of its own, and this is the only one",
            hint=f"torchrun --nproc-per-node {value} -m facewright train stylegan1 ...",
        )
    return {}


def _check_training(value: Any, _told: Mapping[str, Any]) -> dict[str, Any]:
    """Accept that this command trains."""
    if not value:
        raise InputError(
            "is_train is false, and this command trains",
            hint="`facewright generate --weights runs/one/snapshot-... -o people.png` draws",
        )
    return {}


_NAMES: dict[str, _Rename] = {
    "n_gpu": _check_gpus,
    "learning_rate": _rename_table("lr"),
    "batch_size": _rename_table("batch"),
    "mini_batch_size": _rename("batch"),
    "n_fc": _rename("mapping_layers"),
    "dim_latent": lambda value, _: {"z_dim": value, "w_dim": value},
    "dim_input": _check_input,
    "n_sample": lambda value, _: {"fade_kimg": value / 1000, "stable_kimg": 0.0},
    "n_sample_total": lambda value, _: {"kimg": value / 1000},
    "DGR": _rename("n_critic"),
    "n_show_loss": _rename_report,
    "step": lambda value, _: {"initial_resolution": 4 << value},
    "max_step": lambda value, _: {"resolution": 4 << value},
    "style_mixing": _rename_mixing,
    "image_folder_path": _rename("dataset"),
    "save_folder_path": _rename("outdir"),
    "is_train": _check_training,
    "is_continue": _rename("continue"),
}
"""Name in the older notebooks → what it is here; `device` is the same."""
