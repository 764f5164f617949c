"""`python -m torchatlas` is the command `torchatlas`."""

import sys

from torchatlas.cli import main

sys.exit(main())
