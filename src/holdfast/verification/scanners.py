"""Read what scanners of TLS print."""

from __future__ import annotations

import re


def version_of_testssl(said: str) -> tuple[int, ...]:
    """Return the version in the banner of testssl.sh, which is bold whatever is requested."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    found = re.search(r"testssl(?:\.sh)?(?: version)? +(\d+)\.(\d+)", plain)
    return tuple(map(int, found.groups())) if found else ()
