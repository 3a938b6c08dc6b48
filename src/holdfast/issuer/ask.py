"""Ask the sources of logins whether they answer: `python3 -m holdfast.issuer.ask FOLDER`."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from holdfast.issuer.sources import KINDS, SourceError


def ask(folder: Path) -> list[str]:
    """Return what is wrong with the sources of a folder of a generation, a sentence for each."""
    logging.disable()  # what is wrong is returned
    found = []
    for told in json.loads((folder / "sources.json").read_text())["sources"]:
        check = getattr(KINDS[told["kind"]](told), "check", None)
        try:
            if check:
                check()
        except SourceError as error:
            found.append(str(error))
    return found


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]))))
