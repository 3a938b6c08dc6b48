"""Fixtures of the trials: those of the test hosts."""

from tests.hosts.conftest import new_site, registry

__all__ = ["new_site", "registry"]
