"""Query the installed Debian packages."""

from __future__ import annotations

from ansible_collections.holdfast.registry.plugins.module_utils.system import systemd


def versions(names: list[str]) -> dict[str, str]:
    """Return the version by name of each package that is installed."""
    form = "${Package}\t${db:Status-Status}\t${Version}\n"
    done = systemd.run(["dpkg-query", "--show", f"--showformat={form}", *names])
    rows = [line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 2]
    return {name: version for name, state, version in rows if state == "installed"}


def missing(names: list[str]) -> list[str]:
    """Return the packages that are not installed, in the given order."""
    found = versions(names)
    return [name for name in names if name not in found]
