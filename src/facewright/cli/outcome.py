"""Print the outcome of a command: as text, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from facewright.cli.printable import make_name_printable, make_printable
from facewright.cli.reports import (
    print_audit,
    print_gathered,
    print_outcome,
    print_prepared,
    print_verified,
)
from facewright.jobs.records import to_plain, to_text

if TYPE_CHECKING:
    from pathlib import Path

    from facewright.jobs.commands.doctor.diagnosis import Diagnosis
    from facewright.jobs.commands.models.evaluate import Measured
    from facewright.jobs.commands.models.import_ import Imported
    from facewright.jobs.commands.models.list import Listed
    from facewright.jobs.commands.models.show import Shown
    from facewright.jobs.commands.models.verify import Checked
    from facewright.jobs.commands.remake import Remade
    from facewright.jobs.commands.train.runs import Outlook, Trained
    from facewright.types import Card, Manifest

_FAILED, _INTERRUPTED = 1, 130


def print_json(outcome: Any) -> int:
    """Print an outcome as JSON; return 1 if it has failed."""
    print(to_text(outcome))
    return _FAILED if getattr(outcome, "failed", False) else 0


def print_files(outcome: Path | Sequence[Path]) -> int:
    """Print the path of each file that was written, one per line."""
    for path in outcome if isinstance(outcome, Sequence) else [outcome]:
        print(make_name_printable(path))
    return 0


def print_manifest(manifest: Manifest) -> int:
    """Print a manifest."""
    from facewright.provenance.manifest import format_seeds

    rows: dict[str, Any] = {"task": manifest.task, "seeds": format_seeds(manifest.seeds)}
    rows |= {f"  {key}": value for key, value in manifest.parameters.items()}
    rows |= {f"model {name}": sha256 for name, sha256 in manifest.models.items()}
    rows |= {f"source {name}": sha256 for name, sha256 in manifest.sources.items()}
    rows |= {"consent": manifest.consent, "facewright": manifest.version}
    rows |= {"torch": manifest.torch, "device": manifest.device}
    _print_table({name: value for name, value in rows.items() if value not in ("", None, [])})
    return 0


def print_remade(remade: Remade) -> int:
    """Print the new file and its difference from the old one; return 1 if they do not match."""
    results = {
        "bytes": f"the same as {remade.original}, to the last bit but the signature",
        "pixels": f"the same pixels as {remade.original}, with another manifest",
        "different": f"not the same as {remade.original}",
    }
    reason = f": {remade.reason}" if remade.reason else ""
    print(make_name_printable(remade.path))
    print(results[remade.likeness] + reason)
    return _FAILED if remade.likeness == "different" else 0


def print_training(outcome: Outlook | Trained) -> int:
    """Print the plan of a training run, or its outcome; return 130 if it was stopped."""
    from facewright.jobs.commands.train.runs import Outlook

    if isinstance(outcome, Outlook):
        return print_json(outcome) if outcome.process == 0 else 0
    if outcome.process == 0:
        print(make_name_printable(outcome.weights))
    return 0 if outcome.finished else _INTERRUPTED


def print_measured(measured: Measured) -> int:
    """Print the measurements of an evaluation."""
    _print_table({name: f"{value:.4g}" for name, value in measured.values.items()})
    about = f"{measured.weights} against {measured.dataset}"
    print(f"{about}: {measured.count} pictures each, psi {measured.truncation_psi:g}")
    if measured.page:
        print(make_name_printable(measured.page))
    return 0


def print_listed(found: Sequence[Listed]) -> int:
    """Print a list of weights."""
    if not found:
        print("the catalog lists no weights")
    rows = {
        entry.card.name: f"{entry.card.kind}, {entry.card.size / 1e6:.1f} MB, {entry.place}"
        for entry in found
    }
    _print_table(rows)
    return 0


def print_shown(shown: Shown) -> int:
    """Print the card of weights, and the labels that they know."""
    print_card(shown.card)
    _print_table({f"label {name}": ", ".join(values) for name, values in shown.labels.items()})
    return 0


def print_card(card: Card) -> int:
    """Print the card of weights."""
    _print_table({name: value for name, value in asdict(card).items() if value not in ("", 0)})
    return 0


def print_imported(imported: Imported) -> int:
    """Print the layout of an imported file, and the cards and paths of the results."""
    print(f"found: {imported.layout}: {', '.join(imported.found)}")
    print_card(imported.card)
    print(make_name_printable(imported.path))
    return 0


def print_checked(found: Sequence[Checked]) -> int:
    """Print whether weights are intact; return 1 if any is not."""
    _print_table({entry.name: entry.problem or "intact" for entry in found})
    if not found:
        print("there are no weights to check")
    return 0 if all(entry.intact for entry in found) else _FAILED


def print_diagnosis(found: Diagnosis) -> int:
    """Print the capabilities of a machine, and what to fix."""
    speed = found.images_per_second
    rows: dict[str, Any] = dict(found.facts)
    rows |= {f"weights {name}": state for name, state in found.weights.items()}
    _print_table(rows | ({"speed": f"{speed:g} images/s"} if speed else {}))
    for problem in found.problems:
        print(f"\nproblem: {problem.what}\nfix: {problem.fix}")
    if not found.problems:
        print("\nEverything is in order.")
    return 0


def _print_table(rows: Mapping[str, Any]) -> None:
    """Print names and values: aligned on a terminal, `name: value` per line in a pipe."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = {make_printable(name): _to_text(value) for name, value in rows.items()}
    console = Console()
    if not console.is_terminal:
        for name, value in rows.items():
            print(f"{name.strip()}: {make_name_printable(value)}")
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(Text(name), Text(value))
    console.print(table)


def _to_text(value: Any) -> str:
    """Return a value as readable text."""
    said = isinstance(value, str)
    text = value if said else json.dumps(value, ensure_ascii=False, default=to_plain)
    return make_printable(text)


PRINTERS: Mapping[str, Callable[[Any], int]] = {
    "files": print_files,
    "manifest": print_manifest,
    "verified": print_verified,
    "remade": print_remade,
    "training": print_training,
    "measured": print_measured,
    "listed": print_listed,
    "shown": print_shown,
    "checked": print_checked,
    "imported": print_imported,
    "diagnosis": print_diagnosis,
    "outcome": print_outcome,
    "gathered": print_gathered,
    "prepared": print_prepared,
    "audit": print_audit,
}
"""Kind of an outcome → function that prints it."""
