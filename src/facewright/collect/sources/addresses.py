"""Read lists of addresses, and fetch the pictures that they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from facewright.collect.sources.items import (
    Found,
    Item,
    Known,
    Labels,
    Note,
    Reading,
    Refusal,
    guess_suffix,
)
from facewright.collect.sources.layouts import address_column, is_address
from facewright.collect.sources.tables.reader import Row, decode_text, read_rows, row_labels
from facewright.collect.sources.web.fetch import Failed, Fetched, fetch_all
from facewright.errors import FileError

_MOST_BYTES = 256 << 20  # of a list
_LICENCES = ("licence", "license")


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a picture on the web, with its labels and terms from a list."""

    url: str
    labels: Labels = field(default_factory=dict)
    licence: str = ""
    """Licence; empty where that of the whole run applies."""
    consent: str = ""


def read_addresses(path: Path) -> list[Address | Refusal]:
    """Read a list of addresses.

    Args:
        path: Text with one address per line, where empty lines and those that begin with `#` do
            not count; or CSV with a column url, and perhaps licence, consent, age, gender,
            ethnicity, expression.

    Returns:
        The addresses, each once, and a refusal for each invalid line.

    Raises:
        FileError: The list cannot be read.
    """
    text = read_text(path)
    found: dict[str, Address | Refusal] = {}
    if path.suffix.lower() in (".csv", ".tsv"):
        rows = read_rows(text, str(path))
        listed = [_from_row(row) for row in rows]
        wrong = {f"{path}: line {row.line}": row_labels(row.cells)[1] for row in rows}
        found |= {line: Refusal(line, ", ".join(said)) for line, said in wrong.items() if said}
    else:
        lines = (line.strip() for line in text.splitlines())
        listed = [Address(line) for line in lines if line and not line.startswith("#")]
    for address in listed:
        known = is_address(address.url)
        refusal = Refusal(f"{path}: {address.url[:200]}", "is no http or https address")
        found.setdefault(address.url, address if known else refusal)
    return list(found.values())


def read_web(addresses: Sequence[Address | Refusal], reading: Reading) -> Iterator[Found]:
    """Fetch pictures.

    What an earlier run fetched is not requested again, unless the policy says so: then the request
    is conditional on a change.

    Args:
        addresses: The addresses; refusals are passed on.
        reading: The limits and the policy.

    Yields:
        What is found, in the order in which the servers answer.
    """
    by_url = {address.url: address for address in addresses if isinstance(address, Address)}
    yield from (address for address in addresses if isinstance(address, Refusal))
    seen = {url: reading.seen[_key(url)] for url in by_url if _key(url) in reading.seen}
    if not reading.policy.refresh:
        yield from (Known(url) for url in seen)
    wanted = [url for url in by_url if reading.policy.refresh or url not in seen]
    limit = reading.limits.max_bytes
    known = {url: {k: str(v) for k, v in entry.items()} for url, entry in seen.items()}
    for url, answer in fetch_all(wanted, reading.policy, max_bytes=limit, known=known):
        if isinstance(answer, Failed):
            yield Refusal(url, answer.reason)
        elif isinstance(answer, Fetched):
            yield _to_item(by_url[url], answer, reading)
        else:
            yield Known(url)


def read_text(path: Path) -> str:
    """Read a text file of any encoding.

    Raises:
        FileError: It cannot be read, or is larger than 256 MiB.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise FileError(f"{path} is too large for a list", hint="split it into several")
    return decode_text(data)


def _from_row(row: Row) -> Address:
    """Return the address of a row."""
    cells = row.cells
    licence = next((cells[name] for name in _LICENCES if cells.get(name)), "")
    url = cells.get(address_column(cells) or "", "")
    return Address(url, row_labels(cells)[0], licence, cells.get("consent", ""))


def _to_item(address: Address, answer: Fetched, reading: Reading) -> Found:
    """Return the picture that came."""
    if guess_suffix(answer.data) is None:
        return Refusal(
            address.url, "is not a picture that can be read" if answer.data else "is empty"
        )
    note = Note(_key(address.url), {"etag": answer.etag, "modified": answer.modified})
    item = Item(address.url, answer.data, reading.find_labels(address.url), note=note)
    labels = {**item.labels, **address.labels}
    return replace(item, labels=labels, licence=address.licence, consent=address.consent)


def _key(url: str) -> str:
    """Return what the journal of a library calls an address."""
    return f"address {url}"
