"""Run every benchmark, or those that are named: `python -m benchmarks synthesis training`."""

from __future__ import annotations

import importlib
import sys

QUESTIONS = (
    *("synthesis", "training", "encoding", "converting", "finding"),
    *("swapping", "swapping_clips", "expressions", "enhancing"),
    *("start_up", "waiting", "house"),
)
ASKED = ("peers", "studio", "bulk")
"""Only where they are named: they install what they compare with, or take long."""


def main() -> int:
    """Run the questions one after the other."""
    named = [name for name in sys.argv[1:] if not name.startswith("-")]
    unknown = set(named) - {*QUESTIONS, *ASKED}
    if unknown:
        known = ", ".join((*QUESTIONS, *ASKED))
        print(f"no benchmark is called {', '.join(unknown)}; one of: {known}")
        return 2
    for name in named or QUESTIONS:
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
