"""Drop-ins on a host that change units of holdfast, and the commands that remove them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.action.deploy import ActionModule
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.drop_ins import drop_ins

from holdfast.deploying import desired
from holdfast.deploying.drop_ins import complaint, foreign, remedy
from holdfast.settings import SettingsError, parse

PROXY = "/etc/systemd/system/holdfast-proxy.service.d/proxy.conf"
READ = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
)
"""Directories of `systemd-analyze unit-paths` without those of packages and generators."""
RESTARTS = {
    PROXY: "holdfast-proxy.service",
    "/run/systemd/system/holdfast-registry@.service.d/a.conf": "'holdfast-registry@*.service'",
    "/etc/systemd/system/holdfast-registry@7.service.d/a.conf": "holdfast-registry@7.service",
    "/etc/systemd/system/holdfast-.service.d/a.conf": "'holdfast-*.service'",
    "/etc/systemd/system/service.d/a.conf": "'holdfast*.service'",
    "/etc/systemd/system/holdfast-proxy.socket.d/a.conf": (
        "holdfast-proxy.service holdfast-proxy.socket"
    ),
    "/etc/systemd/system.control/holdfast-a.timer.d/50-x.conf": "holdfast-a.timer",
}


def test_drop_ins_of_our_units_are_found(tmp_path: Path) -> None:
    others = ["/etc/systemd/system/nginx.service.d/a.conf", f"{PROXY}.bak"]
    for path in (*RESTARTS, *others):
        (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path[1:]).touch()
    assert drop_ins(str(tmp_path)) == sorted(RESTARTS)


@pytest.mark.parametrize("directory", READ)
def test_drop_ins_are_found_wherever_systemd_reads_them(directory: str, tmp_path: Path) -> None:
    path = f"{directory}/holdfast-proxy.service.d/a.conf"
    (tmp_path / path[1:]).parent.mkdir(parents=True)
    (tmp_path / path[1:]).touch()
    assert drop_ins(str(tmp_path)) == [path]


def test_the_gate_reports_those_that_are_not_meant(flat: dict[str, Any]) -> None:
    other = PROXY.replace("proxy.conf", "other.conf")
    wanted = desired(parse({**flat, "registry_service_drop_ins": [PROXY]}))
    seen: Any = {"generation": 3, "drop_ins": [PROXY, other]}
    found = ActionModule._drop_ins(wanted, seen)
    assert [(one["state"], one["text"]) for one in found] == [("warning", complaint(other))]
    text = "generation 3 answers, but drop-ins change its units. See above"
    assert ActionModule._ended(seen, found)["text"] == text
    seen["drop_ins"] = [PROXY]
    assert ActionModule._drop_ins(wanted, seen) == []
    assert "nothing to do" in ActionModule._ended(seen, [])["text"]


def test_those_that_the_settings_name_are_meant(flat: dict[str, Any]) -> None:
    settings = parse({**flat, "registry_service_drop_ins": [PROXY]})
    other = PROXY.replace("proxy.conf", "other.conf")
    assert foreign(settings, [PROXY, other]) == [other]


@pytest.mark.parametrize("path", RESTARTS)
def test_the_remedy_restarts_the_changed_units(path: str) -> None:
    expected = f"rm {path} && systemctl daemon-reload && systemctl try-restart {RESTARTS[path]}"
    assert remedy([path]) == f"Run on the host: {expected}"
    assert complaint(path).endswith(f". Run on the host: {expected}")


@pytest.mark.parametrize("path", [*RESTARTS])
def test_every_path_that_can_be_found_can_be_meant(path: str, flat: dict[str, Any]) -> None:
    assert parse({**flat, "registry_service_drop_ins": [path]}).service.drop_ins == (path,)


@pytest.mark.parametrize("path", ["proxy.conf", "/etc/systemd/system/nginx.service.d/a.conf"])
def test_another_path_is_refused(path: str, flat: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="expected the path of a drop-in"):
        parse({**flat, "registry_service_drop_ins": [path]})
