"""Read album pages that a browser saved, with the pictures beside them or on the web."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from facewright.data.sources.folders import read_file
from facewright.data.sources.items import PICTURES, Found, Reading, Refusal
from facewright.data.sources.layouts import is_address
from facewright.errors import FileError

_MOST_BYTES = 64 << 20  # of a page


@dataclass(frozen=True, slots=True)
class Page:
    """What an album page points to."""

    files: tuple[str, ...]
    """Paths relative to the page, unquoted."""
    addresses: tuple[str, ...]
    """Of the web."""


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
    parser = _Links()
    try:
        parser.feed(data.decode("utf-8", "replace"))
        parser.close()
    except (AssertionError, ValueError, RecursionError) as error:  # on broken declarations
        raise FileError(f"{path} is a damaged page: {error}") from error
    return _sort_out(parser.links, parser.base, path.parent)


def read_album_files(path: Path, page: Page, reading: Reading) -> Iterator[Found]:
    """Read the pictures that lie beside a saved page.

    Args:
        path: The HTML.
        page: What it points to.
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


@dataclass
class _Open:
    """A link whose end has not come yet."""

    target: str
    empty: bool = field(default=True)


class _Links(HTMLParser):
    """Collects pictures and links to pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[_Link] = []
        self.base = ""
        self._open: _Open | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and is_address(values.get("href", "")):
            self.base = values["href"]
        elif tag == "a":
            self.handle_endtag("a")
            target = values.get("href", "")
            self._open = _Open(target) if _is_picture(target) else None
        elif tag in {"img", "source"}:
            self._show(_find_best(values))

    def handle_endtag(self, tag: str) -> None:
        """End a link; one around words alone counts by itself."""
        if tag == "a" and self._open:
            if self._open.empty:
                self.links.append(_Link("", self._open.target))
            self._open = None

    def close(self) -> None:
        """End the page."""
        super().close()
        self.handle_endtag("a")

    def _show(self, shown: str) -> None:
        """Keep a picture, with the link around it."""
        if shown or self._open:
            self.links.append(_Link(shown, self._open.target if self._open else ""))
        if self._open:
            self._open.empty = False


def _find_best(values: dict[str, str]) -> str:
    """Return the largest picture that a tag offers: the last of a `srcset`, or its `src`."""
    offers = [offer.split()[0] for offer in values.get("srcset", "").split(", ") if offer.split()]
    source = values.get("src") or values.get("data-src") or ""
    best = offers[-1] if offers else source
    return source if best.startswith("data:") else best


def _is_picture(link: str) -> bool:
    """Tell whether a link leads to a picture, by its ending."""
    try:
        path = urlsplit(link).path
    except ValueError:
        return False
    return PurePosixPath(unquote(path)).suffix.lower() in PICTURES


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
    """Tell whether a link is a file beside the page."""
    return "//" not in link[:8] and _is_file(folder, _to_name(link))


def _is_file(folder: Path, name: str) -> bool:
    """Tell whether there is such a file; a name may be one that no system accepts."""
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
