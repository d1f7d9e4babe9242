"""Print the outcomes of runs on files, of verification, and of collecting."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from facewright.cli.printable import make_name_printable, make_printable

if TYPE_CHECKING:
    from pathlib import Path

    from facewright.jobs.commands.datasets.audit import Audited
    from facewright.jobs.commands.datasets.collect import Gathered
    from facewright.jobs.commands.datasets.prepare import PreparedDataset
    from facewright.jobs.effect import Outcome
    from facewright.live.session import Watched
    from facewright.provenance.verify import Verified

_FAILED = 1
_MOST_PAIRS = 20  # of a kind; JSON has all
_BAR = 30  # letters
_INTERRUPTED = 130
_MOST_FILES = 20  # pictures that are named one by one
_FEW = 8  # files of a folder, likewise


def print_watched(watched: Watched) -> int:
    """Print the length of a live view, and the files it wrote."""
    shown = f"{_count(watched.frames, 'frame')} in {watched.seconds:.1f} s"
    print(f"{shown}, {watched.with_faces} with a face")
    for path in watched.files:
        print(make_name_printable(path))
    return 0


def print_verified(verified: Verified) -> int:
    """Print the signers of files, and whether the files are unaltered; return 1 unless all are.

    Text from files stays on its line: a name in a certificate or a note must not imitate other
    lines.
    """
    for verdict in verified.files:
        found = verdict.credentials
        print(make_name_printable(verdict.path))
        known = "trusted" if found.trusted else "not trusted by this installation"
        who = f"{make_name_printable(found.signer)}, {known}" if found.signed else "nobody"
        print(f"  signed by: {who}")
        whole = {True: "yes", False: "no: it was changed after it was signed", None: "not known"}
        print(f"  unaltered: {whole[found.unaltered]}")
        if found.problems:
            print(f"  problems:  {make_name_printable(', '.join(found.problems))}")
        print(f"  marked:    {verdict.marked or 'no'}")
        if found.source_type:
            print(f"  made as:   {make_name_printable(found.source_type)}")
        if found.manifest:
            task = make_name_printable(found.manifest.task)
            print(f"  made by:   {task}, as `facewright show` prints")
            if found.manifest.consent:
                said = f"{found.manifest.consent}, recorded {found.consent_date}"
                print(f"  consent:   {make_name_printable(said)}")
        elif verdict.claims:
            print(f"  claims:    {make_name_printable(verdict.claims)}, which nobody signed")
    return _FAILED if verified.failed else 0


def print_outcome(outcome: Outcome | Watched) -> int:
    """Print the outcome of a run: counts, refusals, and files.

    Returns:
        1 if anything was refused, 130 if it was interrupted.
    """
    from facewright.live.session import Watched

    if isinstance(outcome, Watched):
        return print_watched(outcome)
    _print_refused(outcome.refused)
    for line in outcome.lines:
        print(make_name_printable(line))
    if outcome.refused:
        print(f"refused: {len(outcome.refused)}")
    print_paths(outcome.files)
    if not outcome.finished:
        return _INTERRUPTED
    return _FAILED if outcome.failed else 0


def print_gathered(gathered: Gathered) -> int:
    """Print what was added and refused; return 1 if anything was refused."""
    counts = gathered.counts
    _print_refused(counts.refused)
    rows = {
        "added": counts.added,
        "already there": counts.known,
        "looks like one that is there": counts.similar,
        "removed, stays away": counts.removed,
        "no picture": counts.aside,
        "refused": len(counts.refused),
        f"in {gathered.library}": counts.total,
    }
    always = ("added", "refused", f"in {gathered.library}")
    _print_rows({name: count for name, count in rows.items() if count or name in always})
    return _FAILED if gathered.failed else 0


def print_prepared(prepared: PreparedDataset) -> int:
    """Print the number of faces, reasons for others, and the file; return 1 if files were refused.

    The groups are in the report, and in JSON.
    """
    counts = prepared.counts
    _print_refused(counts.refused)
    for warning in counts.warnings:
        print(f"warning: {warning}: name it with --licence", file=sys.stderr)
    rows = {"pictures": counts.pictures, "faces": counts.faces, **counts.rejected}
    rows |= {"removed, left out": counts.removed, "refused": len(counts.refused)}
    _print_rows({n: c for n, c in rows.items() if c or n in ("pictures", "faces", "refused")})
    for path in prepared.files:
        print(make_name_printable(path))
    return _FAILED if prepared.failed else 0


def print_audit(found: Audited) -> int:
    """Print licences, consents, balance and duplicates; return 1 if files are damaged."""
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    _print_rows({found.kind: found.path, "pictures": found.pictures, "removed": found.removed})
    _print_counts("licence", found.licences)
    _print_counts("consent", found.consents)
    for group, counts in found.balance.items():
        _print_counts(f"{group}, evenness {found.evenness[group]:.2f}", counts)
    _print_list("the same to the last byte", (" = ".join(names) for names in found.duplicates))
    pairs = (f"{pair.first} ~ {pair.second} ({pair.distance} of 256)" for pair in found.similar)
    _print_list("look alike", pairs)
    _print_list("damaged", (f"{name} {problem}" for name, problem in found.damaged.items()))
    return _FAILED if found.failed else 0


def _count(number: int, thing: str) -> str:
    """Return a number of things in words.

    >>> _count(1, "face"), _count(2, "face"), _count(0, "picture")
    ('1 face', '2 faces', 'no picture')
    """
    return f"{number or 'no'} {thing}{'s' * (number > 1)}"


def _print_refused(refused: Iterable[Any]) -> None:
    """Print refusals to standard error, each with its source and reason."""
    for refusal in refused:
        source = make_name_printable(refusal.source)
        print(make_printable(f"refused: {source}: {refusal.reason}"), file=sys.stderr)


def print_paths(files: Sequence[Path]) -> None:
    """Print the files of each folder: one by one if they are few, otherwise how many."""
    folders: dict[Path, list[Path]] = {}
    for path in files:
        folders.setdefault(path.parent, []).append(path)
    for folder, paths in folders.items():
        if len(paths) <= _FEW:
            for path in paths:
                print(make_name_printable(path))
        else:
            print(make_name_printable(f"{len(paths)} files in {folder}"))


def _print_rows(rows: Mapping[str, object]) -> None:
    """Print one `name: value` per line."""
    for name, value in rows.items():
        print(make_name_printable(f"{name}: {value}"))


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    """Print how often each value occurs, with a bar for its share."""
    if not counts:
        return
    names = {name: make_printable(" ".join(name.split())[:60]) or "(missing)" for name in counts}
    width, total = max(map(len, names.values())), sum(counts.values())
    print(f"\n{title}:")
    for name, count in counts.items():
        share = count / total
        bar = "█" * round(_BAR * share)
        print(f"  {names[name]:<{width}}  {count:>7}  {share:>6.1%}  {bar}".rstrip())


def _print_list(title: str, lines: Iterable[str]) -> None:
    """Print some lines, and how many more there are."""
    listed = list(lines)
    if not listed:
        return
    print(f"\n{title}: {len(listed)}")
    for line in listed[:_MOST_PAIRS]:
        print(f"  {make_name_printable(line)}")
    if len(listed) > _MOST_PAIRS:
        print(f"  and {len(listed) - _MOST_PAIRS} more: --json lists all")
