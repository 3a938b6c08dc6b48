"""States that a host enters by itself: the files are those that the controller would render."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.generations.manifest import (
    READ_ONLY,
    in_state,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.deploying import desired
from holdfast.deploying.states import with_states
from holdfast.rendering import Tree
from holdfast.rendering.component import public
from holdfast.settings import parse

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "token": {"registry_auth_mode": "token"},
    "anonymous": {"registry_auth_anonymous": "pull", "registry_auth_accept_open_access": True},
    "mirrors": {"registry_mirrors": [{"name": "hub", "url": "https://registry-1.docker.io"}]},
    "behind": {"registry_tls_mode": "external", "registry_tls_trusted_proxies": ["10.0.0.9"]},
    "s3": {
        "registry_storage_driver": "s3",
        "registry_storage_bucket": "images",
        "registry_storage_region": "eu-west-1",
        "registry_storage_access_key": "AKIA",
        "registry_storage_secret_key": "not-for-you",
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_host_becomes_what_the_setting_would_make_of_it(
    flat: dict[str, Any], variant: str
) -> None:
    flat |= VARIANTS[variant]
    plain = desired(parse(flat))
    wanted = desired(parse({**flat, "registry_storage_readonly": True}))
    staged = {**plain.contents(sensitive=False), **plain.contents(sensitive=True)}
    contents, manifest = in_state(READ_ONLY, staged, plain.manifest("somebody"))
    assert contents == {path: file.content for path, file in wanted.tree.items()}
    assert manifest["files"] == wanted.tree.index
    assert manifest["expect"] == wanted.expect
    assert manifest["identity"] not in (plain.identity, wanted.identity)


def test_a_state_carries_what_differs_alone_and_no_state_of_its_own(flat: dict[str, Any]) -> None:
    carried = {path for path in desired(parse(flat)).staged if path.startswith("states/")}
    assert carried == {
        "states/read-only/agent/gc.json",
        "states/read-only/agent/plan.json",
        "states/read-only/agent/retention.json",
        "states/read-only/gate/plan.json",
        "states/read-only/proxy/nginx.conf",
        "states/read-only/registry/config.yml",
    }
    closed = desired(parse({**flat, "registry_storage_readonly": True}))
    assert dict(closed.staged) == dict(closed.tree)
    assert closed.manifest("somebody")["states"] == {}


def test_what_a_state_repeats_is_no_difference_of_its_own(flat: dict[str, Any]) -> None:
    plain, other = desired(parse(flat)), desired(parse({**flat, "registry_log_level": "debug"}))
    assert other.changes(plain.staged.index) == ["registry/config.yml"]


def test_a_generation_of_an_older_holdfast_is_refused_with_the_way_out(
    flat: dict[str, Any],
) -> None:
    manifest = {**desired(parse(flat)).manifest("somebody"), "number": 7}
    del manifest["states"]
    with pytest.raises(StepError, match="generation 7: expected the files of its state read-only"):
        in_state(READ_ONLY, {}, manifest)


def test_a_state_with_other_paths_is_refused() -> None:
    one, two = Tree({"a": public("1")}), Tree({"b": public("1")})
    with pytest.raises(ValueError, match="expected the same paths"):
        with_states(one, {"odd": two})
