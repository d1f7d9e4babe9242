"""Run the command line as `python -m facewright`."""

import sys

from facewright.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
