"""The properties of one operating system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """All properties of a host's operating system that holdfast uses."""

    name: str
    """Value of `registry_platform`: ID and VERSION_ID of /etc/os-release, without dots."""
    title: str
    """Display name."""
    registry_version: str
    """Version of CNCF Distribution in the platform's own package."""
    cache_server: str
    """Package of the cache server; its program in /usr/bin and its unit have the same name."""
    tls_hybrid: bool
    """True if the platform's OpenSSL supports X25519MLKEM768 (3.5 or newer)."""
    ssh_hybrid: bool
    """True if the platform's OpenSSH supports mlkem768x25519-sha256 (9.9 or newer)."""
    registry_package: str = "docker-registry"
    """Package of CNCF Distribution."""
    registry_program: str = "/usr/bin/docker-registry"
    """Path of the program in that package."""

    @property
    def own_units(self) -> tuple[str, ...]:
        """Units that packages start on installation; holdfast's own units run instead."""
        return ("nginx", self.registry_package, self.cache_server)
