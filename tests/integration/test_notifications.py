"""Notifications of real registries reach a real receiver over https, with their headers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from tests.integration.generations import VERSIONS, client, registry, settings_of
from tests.integration.receiver import NAME, certified, receiving
from tests.waiting import until

IMAGE = two_layer_image("told")
TOKEN = 'Bearer "of the test"'


def hook(port: int, **more: Any) -> dict[str, Any]:
    """Return the settings of an endpoint."""
    header = {"name": "Authorization", "value": TOKEN}
    fast = {"timeout_seconds": 1, "threshold": 1, "backoff_seconds": 1, **more}
    return {"name": "hook", "url": f"https://{NAME}:{port}/x", "headers": [header], **fast}


@VERSIONS
def test_events_arrive_and_those_of_a_bad_hour_later(
    registry_of: Path, version: str, tmp_path: Path, free_port: int
) -> None:
    certified(tmp_path)
    trust = (tmp_path / "ca.pem").read_text()
    given = {"service_ca": trust, "notifications_endpoints": [hook(free_port)]}
    given["log_level"] = "warn"
    settings = settings_of(version, tmp_path, **given)
    trusting = {"SSL_CERT_FILE": str(tmp_path / "generation/registry/ca.pem")}
    with registry(registry_of, settings, tmp_path, **trusting) as one:
        clients = client(one)
        # Nobody listens yet: the registry goes on, and tells it later.
        clients.push("team/early", "latest", IMAGE)
        time.sleep(1)
        with receiving(tmp_path, free_port) as got:
            until(lambda: "push" in got.actions("team/early"))
            assert {one["Authorization"] for one in got.headers} == {TOKEN}
            clients.pull("team/early", "latest")
            assert clients.delete("team/early", IMAGE.digest)
            until(lambda: {"pull", "delete"} <= {*got.actions("team/early")})
            got.refuses = True
            clients.push("team/late", "latest", IMAGE)
            until(lambda: got.refused > 0)
            got.refuses = False
            # Three blobs and a manifest.
            until(lambda: got.actions("team/late").count("push") == 4)
        shown = (tmp_path / "generation/registry/config.yml").read_text()
        assert "of the test" not in shown + one.said


@VERSIONS
def test_what_is_ignored_is_not_told(
    registry_of: Path, version: str, tmp_path: Path, free_port: int
) -> None:
    certified(tmp_path)
    ignoring = hook(
        free_port,
        ignore_actions=["pull"],
        ignore_media_types=["application/octet-stream"],
    )
    given = {
        "service_ca": (tmp_path / "ca.pem").read_text(),
        "notifications_endpoints": [ignoring],
        "notifications_include_references": True,
        "log_level": "warn",
    }
    settings = settings_of(version, tmp_path, **given)
    trusting = {"SSL_CERT_FILE": str(tmp_path / "generation/registry/ca.pem")}
    with (
        registry(registry_of, settings, tmp_path, **trusting) as one,
        receiving(tmp_path, free_port) as got,
    ):
        clients = client(one)
        clients.push("team/app", "latest", IMAGE)
        clients.pull("team/app", "latest")
        clients.push("team/app", "next", IMAGE)
        until(lambda: got.actions("team/app").count("push") >= 2)
        time.sleep(0.3)
        assert got.actions("team/app") == ["push", "push"]
        assert len(got.events[0]["target"]["references"]) == 3
