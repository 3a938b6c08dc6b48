"""Query the package manager."""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.verification.probe.reading import output, read

CHANGED = re.compile(r"(?:missing|[?.5]{9})   +(/.*)")
"""A file that is gone or has other contents; ` c ` in between marks configuration. dpkg(1)."""
UNSIGNED = re.compile(r"trusted\s*[=:]\s*yes|allow-insecure\s*[=:]\s*yes", re.IGNORECASE)


def changed(packages: list[str]) -> dict[str, list[str]]:
    """Return the changed files of each installed package.

    Configuration files are left out: administrators change them. Absent packages are, too.
    """
    found = {}
    for package in packages:
        state = output("dpkg-query", "--show", "--showformat=${db:Status-Status}", package)
        if state == "installed":
            rows = map(CHANGED.fullmatch, output("dpkg", "--verify", package).splitlines())
            found[package] = [row[1] for row in rows if row]
    return found


def updates() -> list[str]:
    """Return the pending security updates, by the package lists that the host has."""
    listing = output("apt-get", "--simulate", "--quiet", "upgrade")
    rows = [line for line in listing.splitlines() if line.startswith("Inst ")]
    return [line.split()[1] for line in rows if "security" in line.lower()]


def sources() -> list[str]:
    """Return the files that let apt install unsigned packages."""
    folder = Path("/etc/apt")
    paths = [
        folder / "sources.list",
        *folder.glob("sources.list.d/*"),
        *folder.glob("apt.conf.d/*"),
    ]
    texts = {str(path): uncommented(read(str(path)) or "") for path in paths}
    insecure = re.compile(
        r"AllowUnauthenticated\s+\"?(true|1)|AllowInsecure\S*\s+\"?(true|1)", re.I
    )
    return sorted(
        path for path, text in texts.items() if UNSIGNED.search(text) or insecure.search(text)
    )


def uncommented(text: str) -> str:
    """Return a configuration without its comments."""
    return "\n".join(
        line for line in text.splitlines() if not line.lstrip().startswith(("#", "//"))
    )
