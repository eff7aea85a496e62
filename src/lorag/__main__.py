"""``python -m lorag``."""

import sys

from lorag.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
