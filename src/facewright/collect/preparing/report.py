"""Count the faces used and left out for a dataset, and draw a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facewright.collect.origins import count_terms, warn_of_terms
from facewright.collect.preparing.assemble import Cropped, list_cropped
from facewright.collect.preparing.choose import REASONS
from facewright.collect.preparing.cut import EXAMPLE
from facewright.collect.preparing.originals import Listing, Original
from facewright.collect.preparing.resume import KeptResult, Span
from facewright.collect.sources.items import Refusal
from facewright.datasets.labels import count_labels
from facewright.media.decode import read_image
from facewright.media.drawing.bars import draw_bars
from facewright.media.drawing.sheets import SheetStyle, contact_sheet
from facewright.types import Image

EXAMPLES = 8
"""Number of examples kept per reason."""

_USED = "used"
_WHITE, _TEXT = 255, 14  # pixels: letters as tall as those of the bars
_TURNS = ((-30, "left, over 30°"), (-10, "left, 10-30°"), (10, "ahead"), (30, "right, 10-30°"))
_NODS = ((-10, "down, over 10°"), (10, "ahead"))
_LEVELS = ((0.2, "0-20 %"), (0.4, "20-40 %"), (0.6, "40-60 %"), (0.8, "60-80 %"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of pictures read, and of faces cut out and left out."""

    pictures: int
    """Pictures read."""
    removed: int
    """Pictures left out because someone removed them."""
    faces: int
    """Faces cut out."""
    rejected: Mapping[str, int]
    """Reason → number of faces, or of pictures without a face."""
    refused: Sequence[Refusal]
    """Files that cannot be read, each with the reason."""
    licences: Mapping[str, int]
    """Licence → number of faces; "" for those without one."""
    consents: Mapping[str, int]
    """Consent → number of faces; "" for those without one."""
    balance: Mapping[str, Mapping[str, int]]
    """Group → value → number of faces: labels, pose and exposure."""
    warnings: Sequence[str] = ()
    """Warnings, such as faces without a licence."""


def count_results(listing: Listing, done: Sequence[tuple[Original, KeptResult]]) -> Tally:
    """Count the results of all pictures.

    Args:
        listing: All pictures of the source.
        done: Every picture, and its result.
    """
    crops = list_cropped(done)
    reasons = Counter(piece.reason for _, result in done for piece in result.pieces)
    unread = [Refusal(original.file, r.refused) for original, r in done if r.refused]
    licences = count_terms(crop.original.licence for crop in crops)
    labels = count_labels([crop.labels for crop in crops])
    return Tally(
        pictures=len(done) - len(unread),
        removed=listing.removed,
        faces=len(crops),
        rejected={reason: reasons[reason] for reason in REASONS if reasons[reason]},
        refused=(*listing.refused, *unread),
        licences=licences,
        consents=count_terms(crop.original.consent for crop in crops),
        balance=labels | _count_measures(crops),
        warnings=warn_of_terms(licences, "faces"),
    )


def pick_examples(done: Sequence[tuple[Original, KeptResult]]) -> dict[str, list[Span]]:
    """Pick examples of what was used and of each reason.

    Args:
        done: Every picture, and its result.

    Returns:
        "used" or a reason → spans of pictures in the cache: spread evenly over those used, and the
        first ones of each reason.
    """
    found: dict[str, list[Span]] = {_USED: [], **{reason: [] for reason in REASONS}}
    for _, result in done:
        for piece in result.pieces:
            if piece.span[1]:
                found[piece.reason or _USED].append(piece.span)
    used = found[_USED]
    step = max(1, len(used) // EXAMPLES)
    picked = {name: spans[:EXAMPLES] for name, spans in found.items() if spans}
    return picked | ({_USED: used[::step][:EXAMPLES]} if used else {})


def draw_report(
    tally: Tally, examples: Mapping[str, Sequence[Span]], read: Callable[[Span], bytes]
) -> Image:
    """Draw the counts as bars, with examples.

    Args:
        tally: The counts.
        examples: Reason → spans of pictures in the cache; at least one.
        read: Returns the bytes of a span.

    Returns:
        (height, width, 3), uint8.
    """
    outcome = {_USED: tally.faces, **tally.rejected, "cannot be read": len(tally.refused)}
    groups = {"faces and pictures": outcome, "licence": tally.licences, "consent": tally.consents}
    bars = draw_bars({**groups, **tally.balance})
    blank = np.full((EXAMPLE, EXAMPLE, 3), _WHITE, np.uint8)
    rows = [[_to_example(read_image(read(span))) for span in spans] for spans in examples.values()]
    cells = [image for row in rows for image in (*row, *[blank] * (EXAMPLES - len(row)))]
    style = SheetStyle(text_size=_TEXT)
    sheet = contact_sheet(cells, columns=EXAMPLES, row_labels=list(examples), style=style)
    height = max(len(bars), len(sheet))
    return np.concatenate([_extend(bars, height), _extend(sheet, height)], axis=1)  # [h w 3]


def _count_measures(crops: Sequence[Cropped]) -> dict[str, dict[str, int]]:
    """Count how faces are turned and lit."""
    facts = [crop.piece.facts for crop in crops]
    if not facts:
        return {}
    return {
        "turned to": _count_bins((fact["yaw"] for fact in facts), _TURNS, "right, over 30°"),
        "nodding": _count_bins((fact["pitch"] for fact in facts), _NODS, "up, over 10°"),
        "light": _count_bins((_find_middle(fact) for fact in facts), _LEVELS, "80-100 %"),
    }


def _find_middle(fact: Mapping[str, object]) -> object:
    """Return how bright half of a face is at least, 0 to 1."""
    light = fact["light"]
    return light[1] if isinstance(light, list | tuple) else 0.0


def _count_bins(
    values: Iterable[object], bins: Sequence[tuple[float, str]], last: str
) -> dict[str, int]:
    """Count the values below each limit; what is beyond the last limit has a name of its own."""
    counts = dict.fromkeys((*(name for _, name in bins), last), 0)
    for value in values:
        number = float(value) if isinstance(value, float | int) else 0.0
        counts[next((name for limit, name in bins if number < limit), last)] += 1
    return counts


def _to_example(image: Image) -> Image:
    """Return a picture at the size of an example."""
    small = cv2.resize(image, (EXAMPLE, EXAMPLE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _extend(image: Image, height: int) -> Image:
    """Return a picture on white paper of some height."""
    sheet = np.full((height, image.shape[1], 3), _WHITE, np.uint8)
    sheet[: len(image)] = image
    return sheet
