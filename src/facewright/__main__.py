"""Run the command line as `python -m facewright`."""

import os
import sys

from facewright.cli.main import main

if __name__ == "__main__":
    status = main()
    if os.environ.get("WORLD_SIZE", "1") != "1":
        # One of several processes of torchrun: everything is written, but threads of PyTorch now
        # and then abort the process while the interpreter shuts down, and torchrun takes that for
        # a failed run.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
