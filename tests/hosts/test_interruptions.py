"""Interruption at every step: a boot serves the old or new generation, a deploy completes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import RegistryError

from holdfast.certificates import Occasion, wanted
from holdfast.deploying import Desired, desired
from holdfast.settings import parse
from tests import trials
from tests.hosts import code
from tests.hosts.conftest import PASSWORD, Site

STEPS = (
    *(
        "prerequisites",
        "certificates",
        "staged",
        "noted",
        "linked",
        "tested",
        "started",
        "flipped",
        "reloaded",
    ),
    *("applied", "hardened", "proven", "drained", "done"),
)
CUTS = [f"{step}-{how}" for step in STEPS for how in ("killed", "power-cut")]
CHOSEN = [f"{step}-{('killed', 'power-cut')[n % 2]}" for n, step in enumerate(STEPS)]
"""Each step once, and each kind of cut at every second step."""
DRIVER = """
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy
deploy.deploy(json.load(open("/root/code/order.json")), log)
"""


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Iterator[Site]:
    """A host with a registry, and the code that a deploy runs there."""
    site = new_site()
    site.deploy()
    code.send(site.host, DRIVER)
    yield site


def order(site: Site, level: str) -> str:
    """Return the order to the host of a deploy with this log level."""
    own = {name: value for name, value in site.variables.items() if name.startswith("registry_")}
    target_state = desired(parse({**own, "registry_log_level": level}))
    contents = {**target_state.contents(sensitive=False), **target_state.contents(sensitive=True)}
    login = {"username": "alice", "password": PASSWORD, "client_pair": None}
    rest = {
        "manifest": target_state.manifest("test"),
        "renew": False,
        "smoke": True,
        "certificates": renewed(site, target_state),
    }
    return json.dumps(
        {"contents": contents, "probe": {**target_state.expect["probe"], **login}, **rest}
    )


def renewed(site: Site, target_state: Desired) -> dict[str, Any]:
    """Return an order for a new certificate, so that two things change in one deploy."""
    occasion = Occasion(datetime.now(UTC), create=False, renew=True)
    new = wanted(target_state.settings, site.folder, {}, occasion)
    keys = {name: key.get_secret_value() for name, key in new.keys.items()}
    return {"server": new.server, "keys": keys, "clients": {}, "obtain": None, "text": "renewed"}


def cut_at(site: Site, step: str, level: str) -> None:
    """Run a deploy on the host as the module would, and kill it after a step."""
    site.host.run("cat > /root/code/order.json", text=order(site, level))
    done = site.host.run(f"python3 /root/code/driver.py {step}", check=False)
    assert done.returncode in (137, -9, 255), done.stdout + done.stderr


def answers(site: Site, within: float = 10) -> bool:
    """Return True if a login succeeds within some seconds: systemd starts services after ssh."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            return site.client().check() == 200
        except RegistryError:
            time.sleep(0.1)
    return False


@pytest.mark.parametrize("cut", trials.some(CUTS, CHOSEN))
def test_a_cut_leaves_a_registry_and_the_next_deploy_heals(site: Site, cut: str) -> None:
    step, _, how = cut.partition("-")
    old = site.current()
    level = "error" if site.variables.get("registry_log_level") == "info" else "info"
    cut_at(site, step, level)
    if how == "power-cut":
        site.host.kill()
        site.host.start()
    assert answers(site), "nothing serves after the cut"
    assert site.current() in (old, old + 1)
    site.deploy(registry_log_level=level)
    result = site.deploy()
    assert "nothing to do" in result, result
    running = site.host.run("systemctl list-units --plain --no-legend 'holdfast-registry@*'").stdout
    assert [f"holdfast-registry@{site.current()}.service"] == [
        line.split()[0] for line in running.splitlines()
    ]
