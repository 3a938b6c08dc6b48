"""python3 -m demo up | down"""

from __future__ import annotations

import sys

from demo import show
from demo.steps import DemoError
from testhosts.machine import HarnessError


def main() -> int:
    """Run the demo, or remove it."""
    try:
        if sys.argv[1:] == ["down"]:
            show.down()
        else:
            show.up()
    except (DemoError, HarnessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
