"""Copies between real registries that give tokens by repository, as Harbor and GitLab do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from holdfast.copying.credentials import Credential
from holdfast.preview import Preview
from holdfast.settings import parse
from tests.integration.copied import client, copied, get
from tests.integration.gated import PASSWORD, SETTINGS

RULES: list[dict[str, Any]] = [
    {"subjects": ["anonymous"], "repositories": ["public/**"], "actions": ["pull"]},
    {"subjects": ["user:alice"], "repositories": ["**"], "actions": ["push"]},
    {"subjects": ["user:alice"], "actions": ["catalog"]},
    {"subjects": ["user:bob"], "repositories": ["team-b/**"], "actions": ["push"]},
]


def preview(binary: Path) -> Preview:
    users = [{"name": name, "password": PASSWORD} for name in ("alice", "bob")]
    more = {"registry_auth_mode": "token", "registry_auth_rules": RULES}
    return Preview(parse({**SETTINGS, **more, "registry_auth_users": users}), binary)


@pytest.fixture(scope="module")
def two(registry_binary: Path) -> Iterator[tuple[Preview, Preview]]:
    with ExitStack() as stack:
        yield (
            stack.enter_context(preview(registry_binary)),
            stack.enter_context(preview(registry_binary)),
        )


@pytest.fixture(autouse=True)
def journals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_all_repositories_with_a_mount_between_two(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    image = two_layer_image("by tokens")
    for repository in ("team-a/app", "team-b/app", "public/app"):
        client(other).push(repository, "1", image)
    report = copied(ours, other)
    assert (report.failed, len(report.copied)) == ([], 3)
    assert (report.blobs, report.mounted) == (3, 6)
    for repository in ("team-a/app", "team-b/app", "public/app"):
        assert client(ours).pull(repository, "1") == image


def test_what_is_public_needs_no_login(two: tuple[Preview, Preview]) -> None:
    ours, other = two
    client(other).push("public/free", "1", two_layer_image("free"))
    report = copied(ours, other, ["public/free"], remote_login=None)
    assert (report.failed, len(report.copied)) == ([], 1)


def test_repositories_without_rights_are_named_and_the_others_are_copied(
    two: tuple[Preview, Preview],
) -> None:
    ours, other = two
    for repository in ("team-a/rights", "team-b/rights"):
        client(other).push(repository, "1", two_layer_image(f"rights of {repository}"))
    bob = Credential("bob", PASSWORD)
    report = copied(ours, other, ["team-a/rights", "team-b/rights"], remote_login=bob)
    assert [one[0] for one in report.copied] == ["team-b/rights"]
    assert [one[0] for one in report.failed] == ["team-a/rights"]
    assert report.denied == 1
    assert get(client(ours), "team-a/rights", "1")[0] == 404
