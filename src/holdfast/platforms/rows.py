"""The rows. Another platform is a row here and a Molecule scenario that deploys to it."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.platforms.platform import Platform

DEFAULT = "debian13"
"""Platform if neither the inventory nor the host gives one."""

_ROWS = (
    Platform(
        name="debian13",
        title="Debian 13",
        registry_version="2.8.3",
        cache_server="valkey-server",
        tls_hybrid=True,
        ssh_hybrid=True,
    ),
    Platform(
        name="debian12",
        title="Debian 12",
        registry_version="2.8.2",
        cache_server="redis-server",
        tls_hybrid=False,
        ssh_hybrid=False,
    ),
)
PLATFORMS: Mapping[str, Platform] = {row.name: row for row in _ROWS}
"""Rows by name. Source of the versions: packages.debian.org."""

HYBRID_OPENSSL = (3, 5)
"""First version of OpenSSL with the hybrid key exchange."""


def found(os_release: Mapping[str, str]) -> str:
    """Return the platform name for a host's /etc/os-release, supported or not."""
    number = os_release.get("VERSION_ID", "?").replace(".", "")
    return os_release.get("ID", "?") + number


def for_openssl(name: str, openssl: tuple[int, int]) -> str:
    """Return the platform, or one without hybrid TLS if the given OpenSSL does not support it."""
    if openssl >= HYBRID_OPENSSL or not PLATFORMS[name].tls_hybrid:
        return name
    return next(row.name for row in _ROWS if not row.tls_hybrid)
