"""No request fails while generations and binaries are swapped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.hosts.conftest import Site
from tests.hosts.traffic import load


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry."""
    made = new_site()
    made.deploy()
    return made


def test_no_request_fails_in_generation_swaps(site: Site) -> None:
    with load(site.client) as counts:
        for level in ("error", "info", "error", "warn"):
            site.deploy(registry_log_level=level)
    assert counts.failures == [], counts
    print(counts)
    assert counts.pulls > 20
    assert counts.pushes > 5


def test_no_request_fails_when_the_binary_changes(site: Site) -> None:
    newer = {name: site.variables[name] for name in site.variables if "distribution" in name}
    older = dict.fromkeys(newer) | {"registry_distribution_source": "package"}
    with load(site.client) as counts:
        for binary, version in ((older, "2.8.3"), (newer, "3.1.1")):
            site.deploy(**binary)
            assert f"registry {version}" in site.holdfast("generations").stdout.splitlines()[-1]
    assert counts.failures == [], counts
    print(counts)
    assert counts.pulls > 20
    assert counts.pushes > 5
