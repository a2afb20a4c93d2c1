"""The command line as `python -m nlp_builder`."""

import sys

from nlp_builder.cli import main

if __name__ == "__main__":
    sys.exit(main())
