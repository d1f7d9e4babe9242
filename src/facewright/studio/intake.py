"""Convert requests to jobs: check files, references, options and consent before queueing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facewright.errors import InputError, OptionError
from facewright.jobs.interface.calls import (
    bind,
    check_consent,
    name_output,
    place_outputs,
    write_command_line,
    write_python,
)
from facewright.jobs.interface.forms import DESTINATIONS, Form, read_form
from facewright.jobs.interface.people import read_choice
from facewright.jobs.interface.signature import explain, find_command
from facewright.studio.errors import Refused
from facewright.studio.processes.worker import INPUTS, WORK
from facewright.studio.store import Job, Store, new_id
from facewright.types import Json

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from facewright.jobs.table import Command
    from facewright.studio.settings import Limits

_COPIED = 1 << 20  # bytes at a time
_OUTSIDE = ("/", "~", "camera:", "\\")
_FREE = frozenset({"consent", "licence", "trained_on", "name", "contact"})
"""Options of free text; all others are checked for paths and addresses."""


class Intake:
    """One request for a job.

    Attributes:
        id: Identifier of the future job; names its folder.
        form: Inputs and options of its command.
    """

    def __init__(self, store: Store, limits: Limits, name: str, client: str) -> None:
        """Find the command, and check the limits.

        Raises:
            Refused: 404, no such command; 429, too many jobs; 507, too little space.
        """
        command = find_command(name)
        if command is None or command.function.startswith("facewright.studio."):
            raise Refused(404, f"there is no command `{name}`", hint="see /api/v1/commands")
        self._store, self._limits, self._command = store, limits, command
        self.id, self.form, self._client = new_id(), read_form(command), client
        self._check_room()

    def read(self, sent: FormData) -> Job:
        """Store and check a multipart form, and add the job; delete everything if that fails.

        Raises:
            Refused: A referenced job or file does not exist.
            FacewrightError: A file, reference or option is invalid, or consent is missing.
        """
        try:
            values = _read_object(sent.get("options"), "options")
            inputs = self._keep_files(sent)
            self._add_references(inputs, _read_object(sent.get("references"), "references"))
            self._gather_folders(inputs)
            return self.enter(values, inputs)
        except BaseException:
            shutil.rmtree(self._store.folder(self.id), ignore_errors=True)
            raise

    def enter(self, values: dict[str, Json], inputs: dict[str, list[dict[str, Any]]]) -> Job:
        """Check options, inputs and consent, and add the job to the table.

        Args:
            values: Option → value.
            inputs: As in `Job.inputs`.
        """
        values.pop("overwrite", None)
        _check_places(values)
        places = {name: [_show(one) for one in given] for name, given in inputs.items()}
        planned = place_outputs(self.form, places, values, WORK)
        try:
            bind(self._command, self.form, places, planned)
        except OptionError:
            raise
        except InputError as error:
            said, hint, field = explain(error, {option.name for option in self.form.options})
            raise OptionError(said, field, hint=hint) from error
        self._check_consent(values, inputs)
        return self._store.create(
            self.id, self.form.name, self._client, values=values, inputs=inputs
        )

    def _check_room(self) -> None:
        """Raise Refused if the client has too many unfinished jobs, or the disk is full."""
        limits, store = self._limits, self._store
        if store.count_open(self._client) >= limits.jobs:
            hint = "wait until one is done, or cancel one"
            raise Refused(429, f"{limits.jobs} of your jobs wait already", hint=hint)
        free = shutil.disk_usage(store.data).free
        if store.count_bytes() > limits.disk_bytes or free < limits.spare_bytes:
            raise Refused(507, "the disk is full", hint="delete results that are not needed")

    def _keep_files(self, sent: FormData) -> dict[str, list[dict[str, Any]]]:
        """Write uploaded files to the folder of the job, under unique names."""
        known = {one.name for one in self.form.inputs}
        found: dict[str, list[dict[str, Any]]] = {}
        taken: set[str] = set()
        for part, content in sent.multi_items():
            if part in ("options", "references"):
                continue
            if part not in known:
                hint = f"it takes: {', '.join(known)}" if known else "it takes none"
                raise OptionError(f"`{self.form.name}` takes no `{part}`", part, hint=hint)
            if isinstance(content, str):
                given = {"text": _check_text(content, part)}
            else:
                given = {"name": self._keep_file(content.file, content.filename or "", taken)}
            found.setdefault(part, []).append(given)
        return found

    def _keep_file(self, file: Any, name: str, taken: set[str]) -> str:
        """Write one file to the folder of the job and check it; return its name there."""
        from facewright.jobs.interface.uploads import check_upload, name_upload

        folder = self._store.folder(self.id) / INPUTS
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _number(name_upload(name), taken)
        with path.open("xb") as kept:
            shutil.copyfileobj(file, kept, _COPIED)
        suffix = check_upload(path, self._limits.media)
        if not path.name.lower().endswith(suffix):
            taken.discard(path.name)
            path = path.rename(folder / _number(f"{path.stem}{suffix}", taken))
        return path.name

    def _gather_folders(self, inputs: dict[str, list[dict[str, Any]]]) -> None:
        """Move several files of an input that takes one dataset into a folder."""
        folder = self._store.folder(self.id) / INPUTS
        for one in self.form.inputs:
            given = inputs.get(one.name, [])
            if one.maximum != 1 or len(given) < 2 or "dataset" not in one.kinds:
                continue
            if all("name" in file and "face" not in file for file in given):
                gathered = Path(_number(one.name, {path.name for path in self._list_kept()}))
                (folder / gathered).mkdir()
                for file in given:
                    (folder / file["name"]).rename(folder / gathered / file["name"])
                inputs[one.name] = [{"name": gathered.name, "folder": True}]

    def _add_references(
        self, inputs: dict[str, list[dict[str, Any]]], references: Mapping[str, Any]
    ) -> None:
        """Add referenced inputs: seeds, texts, and results of other jobs."""
        forms = {one.name: one for one in self.form.inputs}
        for name, given in references.items():
            if name not in forms:
                raise OptionError(f"`{self.form.name}` takes no `{name}`", name)
            for one in given if isinstance(given, list) else [given]:
                found = self._read_reference(one, name, forms[name].kinds)
                inputs.setdefault(name, []).append(found)

    def _read_reference(self, given: Any, name: str, kinds: tuple[str, ...]) -> dict[str, Any]:
        """Convert a reference to an input, as `Job.inputs` has it."""
        if isinstance(given, str) and given.startswith("seed:"):
            number = given.removeprefix("seed:").strip()
            given = {"seed": int(number) if number.isdecimal() else number}
        if isinstance(given, dict) and "job" in given:
            return self._copy_result(str(given["job"]), str(given.get("name", "")))
        if isinstance(given, dict) and "seed" in given:
            choice = read_choice(given, name)
            if "seed" in kinds and {"psi", "size", "weights"}.isdisjoint(given):
                return {"text": choice.name, "seed": choice.seed}
            if not {"image", "dataset"} & set(kinds):
                raise OptionError(f"`{name}` takes no seed", name, hint=f"it takes {kinds}")
            taken = {one.name for one in self._list_kept()}
            return {"name": _number(f"seed-{choice.seed}.png", taken), "face": given}
        if isinstance(given, str) and {"text", "seed"} & set(kinds):
            return {"text": _check_text(given, name)}
        hint = 'such as "seed:7", {"job": ID, "name": FILE}, or {"job": ID} for all it made'
        raise OptionError(f"`{name}` does not take {json.dumps(given)[:80]}", name, hint=hint)

    def _list_kept(self) -> list[Path]:
        """Return the files stored so far."""
        folder = self._store.folder(self.id) / INPUTS
        return list(folder.iterdir()) if folder.is_dir() else []

    def _copy_result(self, job: str, name: str) -> dict[str, Any]:
        """Link a result or upload of another job as an input; all results if `name` is empty."""
        made = find_file(self._store, job, name) if name else find_results(self._store, job)
        folder = self._store.folder(self.id) / INPUTS
        folder.mkdir(parents=True, exist_ok=True)
        taken = {one.name for one in self._list_kept()}
        if name:
            kept = folder / _number(made.name, taken)
            _link(made, kept)
            return {"name": kept.name}
        kept = folder / _number(f"results-{job[:6]}", taken)
        shutil.copytree(made, kept, copy_function=_link)
        return {"name": kept.name, "folder": True}

    def _check_consent(self, values: Mapping[str, Json], inputs: Mapping[str, Any]) -> None:
        """Raise OptionError if the command needs consent that is missing."""
        if self.form.consent != "ask":
            return
        folder = self._store.folder(self.id) / INPUTS
        given = [one for several in inputs.values() for one in several]
        shown = [str(folder / one["name"]) for one in given if "name" in one and "face" not in one]
        check_consent(self.form, values.get("consent"), shown)


def find_file(store: Store, job: str, name: str) -> Path:
    """Return the path of a result of a job by its name, or else of an upload.

    Raises:
        Refused: There is no such job, or file.
    """
    _check_job(store, job)
    for folder in (store.results(job), store.folder(job) / INPUTS):
        path = folder / name
        if name and _lies_in(path, folder) and path.is_file():
            return path
    raise Refused(404, f"there is no `{name}`", hint="it may have been deleted")


def find_results(store: Store, job: str) -> Path:
    """Return the folder of a job's results.

    Raises:
        Refused: 404, no such job; 409, it has no results.
    """
    made = store.results(_check_job(store, job))
    if not made.is_dir():
        raise Refused(409, "the job has made nothing yet", hint="wait until it is done")
    return made


def _check_job(store: Store, job: str) -> str:
    """Return the identifier of an existing job, which is safe as the name of a folder.

    Raises:
        Refused: There is no such job.
    """
    try:
        return store.get(job).id
    except KeyError:
        raise Refused(404, "there is no such job", hint="it may have been deleted") from None


def _link(path: str | Path, kept: str | Path) -> None:
    """Link a file, or copy it where links are not supported; results are never modified."""
    try:
        Path(kept).hardlink_to(path)
    except OSError:
        shutil.copyfile(path, kept)


def _lies_in(path: Path, folder: Path) -> bool:
    """Return whether a path, with links resolved, exists inside a folder."""
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except (OSError, ValueError, RuntimeError):
        return False


def _number(name: str, taken: set[str]) -> str:
    """Return a unique file name, numbered if needed, and add it to `taken`."""
    path, number = Path(name), 1
    while name.casefold() in taken:
        number += 1
        name = f"{path.stem}-{number}{path.suffix}"
    taken.add(name.casefold())
    return name


def _show(given: Mapping[str, Any]) -> str:
    """Return the text or path that the command will take."""
    return str(given["text"]) if "text" in given else str(Path(INPUTS) / given["name"])


def _read_object(sent: Any, name: str) -> dict[str, Any]:
    """Parse a part of the form as a JSON object; a missing part is empty."""
    if sent is None or sent == "":
        return {}
    text = sent if isinstance(sent, str) else sent.file.read(_COPIED).decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OptionError(f"`{name}` is not JSON: {error}", name) from error
    if not isinstance(found, dict):
        raise OptionError(f"`{name}` is not an object", name, hint='such as {"seeds": "7"}')
    return found


def _check_places(values: Mapping[str, Json]) -> None:
    """Raise OptionError for options with paths or addresses outside the folder of the job."""
    for name, value in values.items():
        if name in _FREE:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                _check_text(one, name)


def _check_text(text: str, name: str) -> str:
    """Return a text unchanged.

    Raises:
        OptionError: It is an absolute path, leads upwards, or is an address.
    """
    parts = text.replace("\\", "/").split("/")
    drive = len(text) > 1 and text[1] == ":" and text[0].isalpha()
    if text.startswith(_OUTSIDE) or ".." in parts or drive or "://" in text or "\0" in text:
        hint = "name weights of the catalog, or send a file"
        raise OptionError(f"`{name}` does not take a path or an address", name, hint=hint)
    return text


def remake(store: Store, limits: Limits, job: Job, client: str, result: str | None) -> Job:
    """Add a `remake` job for a result of another job, with copies of its inputs.

    Args:
        store: Table of jobs.
        limits: Limits of the studio.
        job: The job that made the result.
        client: Address of the client.
        result: Name of the result; None takes the first picture or clip.

    Raises:
        Refused: 409, the job made no picture or clip.
    """
    intake = Intake(store, limits, "remake", client)
    folder = store.results(job.id)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _REMAKEABLE)
    path = find_file(store, job.id, result) if result else next(iter(files), None)
    if path is None:
        raise Refused(409, "there is nothing that can be made again", hint="pictures and clips can")
    kept = store.folder(intake.id) / INPUTS
    kept.mkdir(parents=True)
    sources = store.folder(job.id) / INPUTS
    for one in sources.iterdir() if sources.is_dir() else ():
        shutil.copyfile(one, kept / one.name)
    name = _number(path.name, {one.name.casefold() for one in kept.iterdir()})
    shutil.copyfile(path, kept / name)
    return intake.enter({}, {"file": [{"name": name}]})


_REMAKEABLE = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".mp4", ".webm", ".gif"}


def describe_call(
    command: Command, form: Form, values: dict[str, Json], inputs: Mapping[str, list[str]]
) -> tuple[str, str]:
    """Return the command line and the Python code that do what a job does."""
    said = dict(values)
    for option in DESTINATIONS:
        if form.find_option(option):
            said[option] = name_output(form, inputs, values) or "results"
    return (
        write_command_line(form, inputs, said),
        write_python(command, form, inputs, said),
    )
