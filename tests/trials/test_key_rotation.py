"""Keys follow each other under load, on a busy machine, and no request fails."""

from __future__ import annotations

from collections.abc import Callable

from tests import trials
from tests.hosts.conftest import PASSWORD, Site
from tests.hosts.test_tokens import RULES, let_time_pass, rotate
from tests.hosts.traffic import load


def test_no_request_fails_while_keys_are_rotated(new_site: Callable[..., Site]) -> None:
    site = new_site(
        flavour="tokens",
        registry_auth_mode="token",
        registry_auth_token_seconds=60,
        registry_auth_users=[{"name": "alice", "password": PASSWORD}],
        registry_auth_rules=RULES[:1],
    )
    site.deploy()
    count = trials.times(few=2, often=20)
    with trials.busy_machine(), load(site.client, pullers=2, pushers=4, visitors=1) as counts:
        for _ in range(count):
            rotate(site)
            # Tokens of the old key are refused in the middle of pushes from the next step on.
            let_time_pass(site)
            rotate(site, "--finish")
    trials.write(
        "key_rotation",
        rotations=count,
        pulls=counts.pulls,
        pushes=counts.pushes,
        logins=counts.visits,
        failures=counts.failures,
    )
    assert counts.failures == [], counts
    assert counts.pushes > count
