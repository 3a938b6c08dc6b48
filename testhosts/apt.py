"""Read this machine's apt configuration, to use it for the test hosts as well."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from testhosts.machine import run

DEFAULT_MIRROR = "http://deb.debian.org/debian"
OPTIONS = re.compile(r"^Acquire::(https?::(Proxy|Verify-)|Check-|Retries|ForceIPv)[^ ]* ")
ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$")

Source = tuple[str, str, list[str]]
"""Address, suite, components."""


def mirror() -> str:
    """Return the Debian mirror of this machine's sources; the public one on other systems."""
    system = platform.freedesktop_os_release()
    if system.get("ID") != "debian":
        return DEFAULT_MIRROR
    patterns = ("sources.list", "sources.list.d/*.list", "sources.list.d/*.sources")
    paths = [path for pattern in patterns for path in sorted(Path("/etc/apt").glob(pattern))]
    texts = [(path.suffix, path.read_text(errors="replace")) for path in paths]
    return mirror_in(texts, system.get("VERSION_CODENAME", ""))


def mirror_in(texts: list[tuple[str, str]], codename: str) -> str:
    """Return the mirror that serves a release's main suite, from (file suffix, text) pairs."""
    for suffix, text in texts:
        for address, suite, components in sources(text) if suffix == ".sources" else lines(text):
            found = _plain(address)
            if suite == codename and "main" in components and found:
                return found
    return DEFAULT_MIRROR


def lines(text: str) -> Iterator[Source]:
    """Parse the one-line format of apt's sources."""
    for line in text.splitlines():
        found = ONE_LINE.match(line.split("#", 1)[0].strip())
        if found:
            yield found[1], found[2], found[3].split()


def sources(text: str) -> Iterator[Source]:
    """Parse the format of *.sources files."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for paragraph in re.split(r"\n\s*\n", kept):
        pairs = re.findall(r"^([\w-]+):((?:.*(?:\n[ \t].*)*))", paragraph, re.MULTILINE)
        fields = {name.lower(): value.split() for name, value in pairs}
        if fields.get("enabled") == ["no"] or "deb" not in fields.get("types", []):
            continue
        for address in fields.get("uris", []):
            for suite in fields.get("suites", []):
                yield address, suite, fields.get("components", [])


def options() -> list[str]:
    """Return apt's proxies, retries and checks of this machine, one `Name "value"` each."""
    found = options_in(run(["apt-config", "dump"]).stdout)
    for scheme in ("http", "https"):
        value = os.environ.get(f"{scheme}_proxy")
        if value and not any(f"{scheme}::Proxy " in option for option in found):
            found.append(f'Acquire::{scheme}::Proxy "{value}"')
    return found


def options_in(dump: str) -> list[str]:
    """Return the lines of `apt-config dump` that define how packages are fetched."""
    return [line.rstrip(";") for line in dump.splitlines() if OPTIONS.match(line)]


def servers() -> set[str]:
    """Return the names of the Debian mirror and of apt's proxies."""
    addresses = [mirror(), *(option.split('"')[1] for option in options() if '"' in option)]
    found = (urlsplit(address).hostname for address in addresses if "://" in address)
    return {name for name in found if name}


def host_lines(text: str, names: set[str]) -> list[str]:
    """Return the lines of /etc/hosts for some names, reduced to these names."""
    found = []
    for line in text.splitlines():
        address, *known = line.split("#", 1)[0].split() or [""]
        wanted = [name for name in known if name in names]
        found += [" ".join([address, *wanted])] if wanted else []
    return found


def _plain(address: str) -> str | None:
    """Return an http URL; for `mirror+file:` the first one of that file."""
    if address.startswith("mirror+file:"):
        listed = Path(address.removeprefix("mirror+file:")).read_text().split()
        address = listed[0] if listed else ""
    return address.rstrip("/") if address.startswith(("http://", "https://")) else None
