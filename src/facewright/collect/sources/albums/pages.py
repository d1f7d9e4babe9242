"""Read album pages that a browser saved, with the pictures beside them or on the web."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from facewright.collect.sources.albums.tags import Tag, read_tags
from facewright.collect.sources.files.folders import read_file
from facewright.collect.sources.items import Found, Reading, Refusal
from facewright.collect.sources.layouts import is_address
from facewright.errors import FileError
from facewright.media.formats import PICTURE_ENDINGS

_MOST_BYTES = 64 << 20  # of a page
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_SETS = ("srcset", "data-srcset")
_BACKGROUND = re.compile(r"""background[^;]{0,99}?url\(\s*["']?([^"')]+)""", re.IGNORECASE)
_LONGEST_STYLE = 4096  # letters


@dataclass(frozen=True, slots=True)
class Page:
    """Links of an album page."""

    files: tuple[str, ...]
    """Paths relative to the page, unquoted."""
    addresses: tuple[str, ...]
    """Absolute addresses on the web."""


def read_page(path: Path) -> Page:
    """Read which pictures a saved page shows.

    A small picture that links to a large one counts as the large one. Where the page names its own
    address (`<base href>`), links without a saved file lead there.

    Args:
        path: The HTML.

    Returns:
        Files and addresses, each once, in the order of the page.

    Raises:
        FileError: The page cannot be read, or is larger than 64 MiB.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise FileError(f"{path} is larger than a page that people look at")
    links = _Links()
    for tag in read_tags(data.decode("utf-8", "replace")):
        links.read(tag)
    links.end_link()
    return _sort_out(links.found, links.base, path.parent)


def read_album_files(path: Path, page: Page, reading: Reading) -> Iterator[Found]:
    """Read the pictures that lie beside a saved page.

    Args:
        path: The HTML.
        page: Its links.
        reading: The limits.

    Yields:
        What is found; a link that leads out of the page's folder is refused.
    """
    folder = path.parent.resolve()
    for name in page.files:
        file, source = path.parent / name, f"{path}!{name}"
        try:
            inside = file.resolve().is_relative_to(folder)
        except (OSError, ValueError, RuntimeError):
            inside = False
        if not inside:
            yield Refusal(source, "leads out of the folder of the page")
        elif not _is_file(path.parent, name):
            yield Refusal(source, "was not saved with the page")
        else:
            yield from read_file(file, name, reading)


@dataclass
class _Link:
    """A picture on a page, and what it links to."""

    shown: str
    target: str = ""


class _Links:
    """Collects pictures and links to pictures."""

    def __init__(self) -> None:
        self.found: list[_Link] = []
        self.base = ""
        self._target = ""  # of a link whose end has not come yet
        self._is_empty = True

    def read(self, tag: Tag) -> None:
        """Look at one tag."""
        target = tag.values.get("href", "")
        if tag.name == "base" and is_address(target):
            self.base = target
        elif tag.name in {"a", "/a"}:
            self.end_link()
            self._target = target if _is_picture(target) else ""
            self._is_empty = True
        elif shown := _find_best(tag):
            self.found.append(_Link(shown, self._target))
            self._is_empty = False

    def end_link(self) -> None:
        """End a link; one around words alone counts by itself."""
        if self._target and self._is_empty:
            self.found.append(_Link("", self._target))
        self._target = ""


def _find_best(tag: Tag) -> str:
    """Return the largest picture that a tag shows: the last of a `srcset`, or its `src`.

    Pages that load late keep the picture in `data-src`, and a placeholder in `src`.
    """
    values = tag.values
    if tag.name not in {"img", "source"}:
        drawn = _BACKGROUND.search(values.get("style", "")[:_LONGEST_STYLE])
        return drawn[1].strip() if drawn else ""
    several = [values.get(name, "").rstrip(", ").split(", ")[-1].split() for name in _SETS]
    links = [*(offer[0] for offer in several if offer), *(values.get(name) for name in _SOURCES)]
    return next((link for link in links if link and not link.startswith("data:")), "")


def _is_picture(link: str) -> bool:
    """Return whether a link leads to a picture, by its ending."""
    try:
        path = urlsplit(link).path
    except ValueError:
        return False
    return PurePosixPath(unquote(path)).suffix.lower() in PICTURE_ENDINGS


def _sort_out(links: list[_Link], base: str, folder: Path) -> Page:
    """Sort links into files and addresses."""
    files: dict[str, None] = {}
    addresses: dict[str, None] = {}
    for link in links:
        options = [o for o in (link.target, link.shown) if o and not o.startswith("data:")]
        found = (o for o in options if _is_saved(o, folder) or _to_address(o, base))
        chosen = next(found, options[0] if options else "")
        if not chosen:
            continue
        address = "" if _is_saved(chosen, folder) else _to_address(chosen, base)
        if address:
            addresses[address] = None
        else:
            files[_to_name(chosen)] = None
    return Page(tuple(files), tuple(addresses))


def _is_saved(link: str, folder: Path) -> bool:
    """Return whether a link is a file beside the page."""
    return "//" not in link[:8] and _is_file(folder, _to_name(link))


def _is_file(folder: Path, name: str) -> bool:
    """Return whether there is such a file; a name may be one that no system accepts."""
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):
        return False


def _to_name(link: str) -> str:
    """Return the path that a relative link means."""
    return unquote(link.split("?")[0].split("#")[0]) or link


def _to_address(link: str, base: str) -> str:
    """Return the address that a link means, or an empty string for a file."""
    if link.startswith("//"):
        return f"https:{link}"
    try:
        whole = urljoin(base, link) if base else link
    except ValueError:
        return ""
    return whole if is_address(whole) else ""
