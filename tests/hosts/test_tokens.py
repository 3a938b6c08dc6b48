"""Tokens of the issuer on a host: a deploy, keys that follow each other, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    RegistryError,
    two_layer_image,
)

from tests.hosts.conftest import Site

RULES = [
    {"subjects": ["user:alice"], "repositories": ["team-a/**", "holdfast/**"], "actions": ["push"]},
    {"subjects": ["user:alice"], "repositories": ["holdfast/**"], "actions": ["delete"]},
    {"subjects": ["anonymous"], "repositories": ["public/**"], "actions": ["pull"]},
]


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Iterator[Site]:
    site = new_site(
        flavour="tokens",
        registry_auth_mode="token",
        registry_auth_token_seconds=60,
        registry_auth_rules=RULES,
    )
    site.deploy()
    yield site


def test_a_deploy_and_a_second_one(site: Site) -> None:
    assert "nothing to do" in site.deploy()
    image = two_layer_image("tokens")
    assert site.client().push("team-a/app", "1", image) == image.digest
    assert site.client().pull("team-a/app", "1") == image
    assert site.client(password="wrong-password").check() == 401
    with pytest.raises(RegistryError, match="401"):
        site.client().push("team-b/app", "1", image)
