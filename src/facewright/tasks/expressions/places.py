"""Where what was read goes: pictures and clips, timelines, records and tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from facewright.errors import InputError
from facewright.jobs.outputs import Output, check_absent, plan_output
from facewright.provenance.publish import CLIPS
from facewright.tasks.expressions.instruments import ExpressionOptions, is_camera
from facewright.tasks.expressions.records import TABLES
from facewright.tasks.sightings import RECORDS

_RECORD = "expressions.jsonl"


def plan_places(sources: Sequence[str], options: ExpressionOptions) -> tuple[Output, list[Path]]:
    """Decide where results go.

    Args:
        sources: What is read.
        options: Where to.

    Returns:
        Where pictures and clips go, and the files for what was read.

    Raises:
        InputError: A name does not fit the sources, or is there already.
    """
    record, out = options.record, options.out
    known = (*RECORDS, *TABLES)
    if record is not None:
        if record.suffix.lower() not in known:
            raise InputError(f"--record {record} is none of {', '.join(known)}")
        check_absent(record, overwrite=options.overwrite)
    if is_camera(list(sources)) and (out is None or out.suffix.lower() not in CLIPS):
        raise InputError(
            "nothing says where the result goes",
            hint="--show shows what is read of a camera; -o OUT.mp4 writes it",
        )
    if out is not None and out.suffix.lower() in TABLES and not out.is_dir():
        check_absent(out, overwrite=options.overwrite)
        return Output(), [path for path in (out, record) if path]
    output = plan_output(out, sources, draws=True, overwrite=options.overwrite, record=_RECORD)
    records = [output.record] if output.record else []
    if output.folder and output.record:
        table = output.record.with_suffix(TABLES[0])
        check_absent(table, overwrite=options.overwrite)
        records.append(table)
    if output.file and output.file.suffix.lower() in CLIPS:
        line = name_timeline(output.file)
        check_absent(line, overwrite=options.overwrite)
    return output, [*records, *([record] if record else [])]


def name_timeline(clip: Path) -> Path:
    """Return where the timeline of a clip goes: beside it."""
    return clip.with_name(f"{clip.stem}-timeline.png")
