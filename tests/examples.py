"""Modules of the package are searched for examples only if they have some: imports take long."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what has no example."""
    searched = collection_path.suffix == ".py" and PACKAGE in collection_path.parents
    return True if searched and ">>>" not in collection_path.read_text("utf-8") else None
