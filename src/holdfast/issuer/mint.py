"""Create a token for a probe: `python3 -m holdfast.issuer.mint FOLDER KEYS SCOPE...`, as root."""

from __future__ import annotations

import sys
from pathlib import Path

from holdfast.issuer.assembly import tokens
from holdfast.issuer.scopes import parse

SECONDS = 60


def mint(folder: Path, keyset: Path, scopes: list[str]) -> str:
    """Return a token for scopes, regardless of the rules; it is valid for a minute."""
    granted = [(scope, list(scope.actions)) for scope in parse(scopes)]
    return str(tokens(folder, keyset, SECONDS).access("holdfast", granted)["token"])


if __name__ == "__main__":
    print(mint(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
