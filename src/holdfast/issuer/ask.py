"""Check that the sources of logins answer: `python3 -m holdfast.issuer.ask FOLDER`."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from holdfast.issuer.errors import SourceError
from holdfast.issuer.sources import KINDS


def ask(folder: Path) -> list[str]:
    """Return one sentence for each problem of the sources in a generation's folder."""
    logging.disable()  # what is wrong is returned
    found = []
    for source in json.loads((folder / "sources.json").read_text())["sources"]:
        check = getattr(KINDS[source["kind"]](source), "check", None)
        try:
            if check:
                check()
        except SourceError as error:
            found.append(str(error))
    return found


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]))))
