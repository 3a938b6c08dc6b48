"""Fixtures of the trials: those of the test hosts, and the registry's binary."""

from tests.hosts.conftest import new_site, registry
from tests.integration.conftest import registry_binary

__all__ = ["new_site", "registry", "registry_binary"]
