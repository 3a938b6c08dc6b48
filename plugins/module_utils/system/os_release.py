"""Read name and version of the host's operating system."""

from __future__ import annotations


def os_release() -> dict[str, str]:
    """Return the values of /etc/os-release by key; empty if there is no such file."""
    try:
        with open("/etc/os-release", encoding="utf-8") as stream:
            lines = [line.strip().split("=", 1) for line in stream if "=" in line]
    except OSError:
        return {}
    return {key: value.strip('"') for key, value in lines}
