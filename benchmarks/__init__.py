"""One file per question, one JSON line per run, peers measured beside us."""
