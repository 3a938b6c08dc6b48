"""Write the site: python -m website [FOLDER]"""

from __future__ import annotations

import sys
from pathlib import Path

from testhosts.machine import HarnessError
from website.build import ROOT, SiteError, build

USAGE = 2


def main(arguments: list[str]) -> int:
    """Write the site to a folder, `site` in the checkout unless another one is given."""
    if len(arguments) > 1 or any(one.startswith("-") for one in arguments):
        print(__doc__, file=sys.stderr)
        return USAGE
    target = Path(arguments[0]) if arguments else ROOT / "site"
    try:
        build(target)
    except (HarnessError, SiteError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Open {(target / 'index.html').resolve()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
