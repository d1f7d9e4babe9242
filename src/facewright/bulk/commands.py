"""The commands that many workers run: those of the table, with the options of bulk runs beside."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from facewright.bulk.options import BulkOptions
from facewright.errors import InputError
from facewright.jobs.checks import check_options
from facewright.jobs.interface.signature import read_arguments
from facewright.jobs.table import COMMANDS, Command

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.jobs.effect import Outcome

_ALONE = ("limit", "crops", "show")
"""Options that would mean something else for each shard."""
_PAIR = "_and_"  # face_and_bodies: a list that begins with what is the same for all shards


def __getattr__(name: str) -> Callable[..., Outcome]:
    """Build the function of a command when it is first asked for (PEP 562)."""
    command = next((one for one in COMMANDS if one.bulk and one.name == name), None)
    if command is None:
        raise AttributeError(f"no command is called `{name}`")
    return _widen(command)


def _widen(command: Command) -> Callable[..., Outcome]:
    """Return a function with the options of a command and those of bulk runs."""
    task = command.load()
    inputs, said = read_arguments(task)
    kind: Any = said.options

    def run(
        sources: list[str],
        *,
        options: Any = None,
        bulk: BulkOptions | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        from facewright.bulk.run import run_bulk
        from facewright.bulk.shards import Job

        options = options or kind()
        check_options(options)
        if options.out is None:
            raise InputError("nothing says where results go", hint="-o FOLDER")
        for one in _ALONE:
            if getattr(options, one, None):
                raise InputError(f"`{one}` is not for bulk runs", hint="leave it out")
        fixed = sources[:1] if _PAIR in inputs.name and options.seed is None else []
        job = Job(command.name, tuple(fixed), options)
        return run_bulk(job, sources[len(fixed) :], bulk or BulkOptions(), progress)

    hints = {inputs.name: list[str], "options": said.hint, "bulk": BulkOptions | None}
    named = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(inputs.name, inspect.Parameter.POSITIONAL_ONLY, annotation=list[str]),
        inspect.Parameter("options", named, annotation=said.hint, default=said.default),
        inspect.Parameter("bulk", named, annotation=hints["bulk"], default=None),
        inspect.Parameter("progress", named, annotation=Any, default=None),
    ]
    run.__annotations__ = hints
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__doc__ = _describe(command, inputs.name, has_consent=hasattr(kind, "consent"))
    return run


def _describe(command: Command, inputs: str, *, has_consent: bool) -> str:
    """Return what the help says."""
    face = "FACE, then " if _PAIR in inputs else ""
    example = f"facewright bulk {command.name} {'face.jpg ' if face else ''}album shards/*.tar"
    agreed = ' --consent "all agreed"' if has_consent else ""
    return f"""{command.help} Many at a time, by many workers.

    Each shard of the sources gets a folder in the folder of results. Run the same command again to
    go on after an interruption: shards that are done are skipped, and a worker that is killed
    loses nothing. What cannot be read, or ends its worker, is set aside and listed in
    refused.jsonl; the exit status is 1 then.

    Args:
        {inputs}: {face}Folders, pictures, clips, zip and tar archives, such as those of WebDataset,
            and Parquet files with a column of pictures.
        options: As those of `facewright {command.name}`; the destination is a folder.
        bulk: With which workers, and in which parts.
        progress: Called with the shards done, and in all.

    Examples:
        {example}{agreed} --workers 4 -o results
    """
