"""Each way to let people in, as the verification sees it: real registry, real nginx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.settings import parse
from holdfast.verification import Target, run
from tests.integration import pairs
from tests.integration.test_verification import two_ports

MODES: dict[str, dict[str, Any]] = {"none": {"registry_auth_mode": "none"}}


@pytest.mark.parametrize("mode", MODES)
def test_what_we_render_passes(mode: str, tmp_path: Path, registry_binary: Path) -> None:
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
            **MODES[mode],
        }
    )
    cafile = pairs.prepare(tmp_path, settings)
    with (
        pairs.registry(registry_binary, tmp_path, settings),
        pairs.proxy(tmp_path, settings, lambda text: text),
    ):
        results = run([Target("r1", settings, address="127.0.0.1", cafile=cafile)])
    assert [outcome.text for outcome in results.failures] == []
    passed = {outcome.check for outcome in results.outcomes if outcome.state == "passed"}
    assert {"auth.open", "images.push", "images.pull", "http.headers"} <= passed
