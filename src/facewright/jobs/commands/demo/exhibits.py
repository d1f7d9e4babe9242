"""What the demo shows: a row for each command, most of them done to the same four people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facewright.jobs.interface.calls import bind, write_command_line
from facewright.jobs.interface.forms import Form, read_form
from facewright.jobs.interface.signature import find_command
from facewright.jobs.table import Command
from facewright.provenance.publish import CLIPS, PICTURES
from facewright.types import Json

if TYPE_CHECKING:
    from facewright.gan.weights import LabelTable
    from facewright.hub.store import Progress

_MOST_VALUES = 10  # of a label that a sheet shows
_SEEDS = range(4)
_FOUR = tuple(f"faces/seed{seed:04d}.png" for seed in _SEEDS)
_DRAW = frozenset({"generate", "mix", "interpolate", "restyle", "edit"})


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One command, and what it makes."""

    title: str
    text: str
    described: str
    """Alternative text of the picture."""
    name: str
    """Name of the command."""
    out: str
    """The file or folder that it writes, relative to the page."""
    values: Mapping[str, Json] = field(default_factory=dict)
    """Options of the command, by name."""
    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name of an input → seeds, or files that earlier exhibits have made."""

    def make(
        self, folder: Path, common: Mapping[str, Json], progress: Progress | None = None
    ) -> list[Path]:
        """Run the command.

        Args:
            folder: Folder of the page.
            common: Options for every command that has them.
            progress: Called with the progress of the command.

        Returns:
            The pictures and clips that it wrote.

        Raises:
            FacewrightError: What the command raises.
        """
        inputs = {
            name: [one if one.isdigit() else str(folder / one) for one in each]
            for name, each in self.inputs.items()
        }
        values = self._choose(common) | {"out": str(folder / self.out), "overwrite": True}
        outcome = bind(self._command, self._form, inputs, values)(progress)
        files: Sequence[Path] = getattr(outcome, "files", outcome)
        return [path for path in files if path.suffix in {*PICTURES, *CLIPS}]

    def write_command(self, common: Mapping[str, Json]) -> str:
        """Return the command line that does the same in the folder of the page."""
        values = self._choose(common)
        if values.get("weights"):
            values["weights"] = Path(str(values["weights"])).name  # the page may be published
        return write_command_line(self._form, self.inputs, {**values, "out": self.out})

    @property
    def _command(self) -> Command:
        """The command, from the table."""
        command = find_command(self.name)
        if command is None:
            raise LookupError(self.name)
        return command

    @property
    def _form(self) -> Form:
        """What it takes."""
        return read_form(self._command)

    def _choose(self, common: Mapping[str, Json]) -> dict[str, Any]:
        """Return its options; the generator is for what draws people, not what reads pictures."""
        fits = {k: v for k, v in common.items() if self._form.find_option(k)}
        if self.name not in _DRAW:
            fits.pop("weights", None)
        return {**fits, **self.values}


def plan_exhibits(labels: LabelTable) -> list[Exhibit]:
    """Return the exhibits of a demo.

    Args:
        labels: The labels of the generator; if there are any, one exhibit varies them.
    """
    return [
        Exhibit(
            "People who do not exist",
            "Each seed names a person. The same seed gives the same face, to the last bit.",
            "A contact sheet of forty generated faces",
            "generate",
            "people.png",
            {"seeds": "0-39", "columns": 10},
        ),
        *_plan_labels(labels),
        *_DRAWN,
        *_DONE_TO_PICTURES,
    ]


def _plan_labels(labels: LabelTable) -> list[Exhibit]:
    """Return an exhibit of people by the two labels that have most values, if there are labels."""
    shown = [group for group in labels.groups if 2 <= len(group.values) <= _MOST_VALUES]
    shown = sorted(shown, key=lambda group: -len(group.values))[:2]
    names = [group.name for group in labels.groups if group in shown]
    if not names:
        return []
    described = " and ".join(names)
    others = [group for group in labels.groups if group not in shown]
    fixed: list[Json] = [f"{group.name}={group.values[0]}" for group in others]
    exhibit = Exhibit(
        f"People by {described}",
        "Labels choose who is drawn; the seed stays the same."
        if len(names) == 2
        else "Labels choose who is drawn: one row per value, one column per seed.",
        f"A sheet of faces by {described}",
        "generate",
        "labels.png",
        {"seeds": "7" if len(names) == 2 else "0-7", "vary": ",".join(names), "label": fixed},
    )
    return [exhibit]


_DRAWN = (
    Exhibit(
        "Structure of one, details of another",
        "Each cell keeps the coarse structure of the person on the left, and takes middle and fine "
        "styles from the person above.",
        "A grid of faces: three rows mixed with six columns",
        "mix",
        "mix.png",
        {"rows": "1-3", "columns": "4-9"},
    ),
    Exhibit(
        "One face in the styles of another",
        "Both faces, the styles of the second in ranges of layers of the first, and in each layer.",
        "A face with the styles of another in some of its layers",
        "restyle",
        "restyled.png",
        {"sheet": True},
        {"face": ["9"], "style": ["7"]},
    ),
    Exhibit(
        "Older and younger, smiling, turned",
        "The middle column is the face as it is; to both sides it moves along directions.",
        "Strips of one face: younger to older, serious to smiling, turned left to right",
        "edit",
        "edited.png",
        {"direction": ["age=1,smile=2,pose=2"], "sheet": True},
        {"face": ["8"]},
    ),
    Exhibit(
        "From person to person",
        "A walk through the space of faces that returns to where it began.",
        "A clip of one face turning into the next",
        "interpolate",
        "walk.mp4",
        {"seeds": "3,8,21,34", "seconds": 4.0, "size": 256},
    ),
    Exhibit(
        "Four of them, larger",
        "A second network draws faces at twice the size of the generator. What follows is done to "
        "these four pictures as it would be done to photos.",
        "Four generated faces",
        "generate",
        "faces",
        {"seeds": f"{_SEEDS[0]}-{_SEEDS[-1]}", "size": 256},
    ),
)

_DONE_TO_PICTURES = (
    Exhibit(
        "The face of the first on the other three",
        "Pose, expression and light stay those of the picture that the face comes onto.",
        "Three pictures with the face of somebody else",
        "swap",
        "swapped",
        {},
        {"face": _FOUR[:1], "bodies": _FOUR[1:]},
    ),
    Exhibit(
        "From the first to the second",
        "Shape and colour are blended on a mesh of 478 points.",
        "One face turning into another in six steps",
        "morph",
        "morph.png",
        {"columns": 6},
        {"pictures": _FOUR[:2]},
    ),
    Exhibit(
        "Older, by a network that converts",
        "It was trained on two sets of pictures, of young and of old people.",
        "A face from as it is to older, in five steps",
        "convert",
        "older.png",
        {"with": "ageing", "steps": 5},
        {"sources": _FOUR[1:2]},
    ),
    Exhibit(
        "As toons",
        "A head in three dimensions is fitted to each face, and drawn without a network.",
        "Four faces as toons",
        "toonify",
        "toons",
        {"portrait": True, "size": 256},
        {"sources": ["faces"]},
    ),
    Exhibit(
        "As characters of a game",
        "Likewise, with natural proportions.",
        "Four faces as characters",
        "toonify",
        "characters",
        {"style": "character", "portrait": True, "size": 256},
        {"sources": ["faces"]},
    ),
    Exhibit(
        "As babies",
        "Likewise.",
        "Four faces as babies",
        "toonify",
        "babies",
        {"style": "baby", "portrait": True, "size": 256},
        {"sources": ["faces"]},
    ),
    Exhibit(
        "Emoji of the second",
        "Seven expressions, drawn over the colours and proportions of the face.",
        "Seven emoji of one face",
        "emoji",
        "emoji.png",
        {"outline": True, "sizes": "160"},
        {"photo": _FOUR[1:2]},
    ),
    Exhibit(
        "How they look",
        "A network that has learned how annotators name expressions. It reads faces, not minds.",
        "Four faces with seven bars each",
        "expressions",
        "read",
        {},
        {"sources": ["faces"]},
    ),
)
