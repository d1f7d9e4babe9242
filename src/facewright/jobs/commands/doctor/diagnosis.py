"""What is found out about a machine."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong or slower than need be."""

    what: str
    fix: str


@dataclass(slots=True)
class Diagnosis:
    """What was found, in the order in which it is printed."""

    facts: dict[str, str] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    """Name of each set that ships or was fetched → "loads, sha256 verified", or what is wrong."""
    images_per_second: float | None = None
    """Of the default generator, as `generate` runs it; None without one."""
    problems: list[Problem] = field(default_factory=list)
