"""Report the content of a library or dataset, and remove pictures from a library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from facewright.collect.duplicates import MOST
from facewright.errors import FileError
from facewright.jobs.options import Replacing
from facewright.types import Json, Manifest
from facewright.version import __version__

if TYPE_CHECKING:
    from facewright.collect.audit import Audit
    from facewright.hub.store import Progress

    Audited: TypeAlias = Audit


@dataclass(frozen=True, kw_only=True)
class AuditOptions(Replacing):
    """Options of the report, and pictures to remove before."""

    out: Path | None = None
    """Write the balance of labels as a chart: .png, .jpg or .webp."""
    remove: tuple[str, ...] = ()
    """Mark a picture as removed: its sha256 or the first eight digits, its path in the library, or
    its source; or a .txt file with one of these per line. May be repeated."""
    purge: bool = False
    """Delete the files of all removed pictures and of similar ones; their hashes are kept, so that
    they are never collected again."""
    similar: int = MOST
    """Report pairs of pictures whose perceptual hashes differ in at most so many of 256 bits, 0 to
    31."""
    verify: bool = False
    """Read every picture again and compare its sha256."""


def audit_pictures(
    path: Path, *, options: AuditOptions | None = None, progress: Progress | None = None
) -> Audited:
    """Report licences, consents, balance and duplicates; mark pictures as removed.

    Args:
        path: A library, or the folder or zip of a dataset.
        options: Options of the report, and pictures to remove before.
        progress: Called with the number of pictures read, and of all.

    Returns:
        The report.

    Raises:
        InputError: An option is invalid, or a name fits no picture.
        FileError: There is neither a library nor a dataset, or it is damaged.

    Examples:
        facewright audit library
        facewright audit library --remove 3f2a91c0 --purge -o balance.png
    """
    from facewright.collect.audit import audit
    from facewright.collect.library.remove import remove_pictures
    from facewright.provenance.publish import PICTURES, check_destination, publish_image

    options = options or AuditOptions()
    if options.out:
        check_destination(options.out, PICTURES, overwrite=options.overwrite)
    if options.remove or options.purge:
        remove_pictures(path, read_names(options.remove), purge=options.purge)
    found = audit(path, similar=options.similar, verify=options.verify, progress=progress)
    if options.out:
        groups = {"licence": found.licences, "consent": found.consents, **found.balance}
        counts: dict[str, Json] = {group: dict(values) for group, values in groups.items()}
        manifest = Manifest("audit", {"path": path.name, "counts": counts}, version=__version__)
        from facewright.media.drawing.bars import draw_bars

        publish_image(draw_bars(groups), options.out, manifest, overwrite=options.overwrite)
    return found


def read_names(names: tuple[str, ...]) -> list[str]:
    """Replace each .txt file among the names by its lines.

    Args:
        names: As `--remove` takes them.

    Raises:
        FileError: A file cannot be read.
    """
    found = []
    for name in names:
        if not name.lower().endswith(".txt") or not Path(name).is_file():
            found.append(name)
            continue
        try:
            text = Path(name).read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            raise FileError(f"{name} cannot be read: {error.strerror or error}") from error
        lines = (line.strip() for line in text.splitlines())
        found += [line for line in lines if line and not line.startswith("#")]
    return found
