"""Fixtures of the trials: those of the test hosts, and the registry's binary."""

from tests.hosts.conftest import new_site, registry
from tests.integration.conftest import packaged_registry_binary, registry_binary

__all__ = ["new_site", "packaged_registry_binary", "registry", "registry_binary"]
