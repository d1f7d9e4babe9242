"""One file per question, one JSON line per run, peers measured beside us."""

import facewright  # noqa: F401 - before PyTorch, whose threads then wait as they do for users
