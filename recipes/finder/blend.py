"""Average the weights of a detector before and after it went on learning.

    python recipes/finder/blend.py BEFORE.safetensors AFTER.safetensors OUT.safetensors --after 0.5

Networks of which one began with the weights of the other lie in one valley of the loss, and a point
between them keeps more of what the first knew (Wortsman et al. 2022, "Robust fine-tuning").
"""

import argparse
from dataclasses import replace
from pathlib import Path

from facewright.hub.bundle import load_bundle, save_bundle


def main():
    """Read the command line and write the average."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("before", "after_file", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--after", type=float, default=0.5, help="share of the second, 0 to 1")
    options = parser.parse_args()
    before, after = load_bundle(options.before), load_bundle(options.after_file)
    share = options.after
    tensors = {
        name: (1 - share) * old.float() + share * after.tensors[name].float()
        for name, old in before.tensors.items()
    }
    save_bundle(options.out, replace(after, tensors=tensors), half=True)


if __name__ == "__main__":
    main()
