"""`python -m twin`: the same as the console script."""

import sys

from twin.cli import main

sys.exit(main())
