"""Each way to let people in, as the verification sees it: real registry, real nginx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.settings import parse
from holdfast.verification import Target, run
from tests.integration import pairs
from tests.integration.test_verification import two_ports

TOKEN: dict[str, Any] = {
    "registry_auth_mode": "token",
    "registry_auth_users": [{"name": "alice", "password": "looking-glass"}],
    "registry_auth_groups": [{"name": "devs", "members": ["alice"]}],
    "registry_auth_rules": [
        {"subjects": ["anonymous"], "repositories": ["public/**"], "actions": ["pull"]},
        {"subjects": ["group:devs"], "repositories": ["holdfast/*"], "actions": ["push", "delete"]},
        {"subjects": ["everyone"], "repositories": ["home/{user}/**"], "actions": ["push"]},
        {"subjects": ["user:alice"], "actions": ["catalog"]},
    ],
}
ASKED = {"auth.asked-for-token", "auth.rules", "auth.changed-token"}
MODES: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "none": ("3.1.1", {"registry_auth_mode": "none"}, {"auth.open"}),
    "token": (
        "3.1.1",
        TOKEN,
        ASKED | {"auth.anonymous"},
    ),
    "token 2.8": (
        "2.8.2",
        TOKEN,
        ASKED | {"auth.catalog"},
    ),
}


@pytest.mark.parametrize(
    ("registry_of", "own", "checks"), MODES.values(), indirect=["registry_of"], ids=MODES
)
def test_what_we_render_passes(
    own: dict[str, Any], checks: set[str], tmp_path: Path, registry_of: Path
) -> None:
    port, http_port = two_ports()
    settings = parse(
        {
            "registry_hostname": "registry.test.example",
            "registry_platform": "debian12",
            "registry_distribution_checksum": "sha256:" + "0" * 64,
            "registry_storage_directory": str(tmp_path / "data"),
            "registry_proxy_addresses": ["127.0.0.1"],
            "registry_proxy_port": port,
            "registry_proxy_http_port": http_port,
            "registry_distribution_version": "2.8.2" if "packaged" in str(registry_of) else "3.1.1",
            **own,
        }
    )
    cafile = pairs.prepare(tmp_path, settings)
    with (
        pairs.registry(registry_of, tmp_path, settings),
        pairs.proxy(tmp_path, settings, lambda text: text),
    ):
        results = run([Target("r1", settings, address="127.0.0.1", cafile=cafile)])
    assert [outcome.text for outcome in results.failures] == []
    passed = {outcome.check for outcome in results.outcomes if outcome.state == "passed"}
    assert checks | {"images.push", "images.pull"} <= passed
