"""Supported operating systems of hosts, one row each: packages, versions, paths, capabilities."""

from holdfast.platforms.platform import Platform
from holdfast.platforms.rows import DEFAULT, PLATFORMS, for_openssl, found

__all__ = ["DEFAULT", "PLATFORMS", "Platform", "for_openssl", "found"]
