"""Tokens of the issuer on a host: a deploy, rotations of keys, and failures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    Reply,
    over_tls,
    two_layer_image,
)

from holdfast.issuer import keys
from holdfast.issuer.scopes import Scope
from holdfast.issuer.tokens import Names, Tokens
from tests.hosts.conftest import NAME, PASSWORD, Site
from tests.hosts.traffic import load

RULES = [
    {"subjects": ["user:alice"], "repositories": ["**"], "actions": ["push", "delete"]},
    {"subjects": ["anonymous"], "repositories": ["public/**"], "actions": ["pull"]},
    {"subjects": ["user:bob"], "repositories": ["team-b/**"], "actions": ["push"]},
]
USERS = [{"name": name, "password": PASSWORD} for name in ("alice", "bob")]


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host that issues tokens."""
    made = new_site(
        flavour="tokens",
        registry_auth_mode="token",
        registry_auth_token_seconds=60,
        registry_auth_users=USERS,
        registry_auth_rules=RULES,
    )
    made.deploy()
    return made


def rotate(site: Site, *arguments: str, code: int = 0) -> str:
    done = site.holdfast("key", "rotate", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def with_token(site: Site) -> Client:
    """Return a client that has only a token for team-a/app."""
    basic = site.client().request("GET", "/auth/token?scope=repository:team-a/app:pull,push")
    return site.client().bearing(json.loads(basic.body)["token"])


def test_a_second_deploy_changes_nothing_and_verify_is_content(site: Site) -> None:
    assert "nothing to do" in site.deploy()
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_are_kept(site: Site) -> None:
    image = two_layer_image("tokens")
    assert site.client().push("team-a/app", "1", image) == image.digest
    assert site.client().pull("team-a/app", "1") == image
    assert site.client(password="wrong-password").check() == 401
    with pytest.raises(RegistryError, match="401"):
        site.client("bob").pull("team-a/app", "1")


def test_no_request_fails_while_keys_follow_each_other(site: Site) -> None:
    old, data = with_token(site), two_layer_image("rotated")
    digest, content = next(iter(data.blobs.items()))
    place = old.request("POST", "/v2/team-a/app/blobs/uploads/").headers["Location"]
    half = len(content) // 2
    span = {"Content-Range": f"0-{half - 1}", "Content-Type": "application/octet-stream"}
    place = old.request("PATCH", place, content[:half], span).headers["Location"]
    with load(site.client) as counts:
        assert "a new key signs, 1 other is trusted" in rotate(site)
        end = f"{place}&digest={digest}"
        assert old.request("PUT", end, content[half:]).status == 201, "begun before, ended after"
        said = rotate(site, "--finish", code=5)
        assert "tokens of an old key are good for another" in said
        let_time_pass(site)
        assert "the same key signs, no other is trusted" in rotate(site, "--finish")
    assert counts.failures == [], counts
    assert counts.pulls > 10
    assert counts.pushes > 2
    assert old.request("GET", "/v2/").status == 401
    assert "nothing to do" in site.deploy()


def test_the_issuer_is_killed_and_comes_back(site: Site) -> None:
    unit = f"holdfast-issuer@{site.current()}.service"
    site.host.run(f"systemctl kill -s KILL {unit}")
    for _ in range(50):
        if site.client().check() == 200:
            break
        time.sleep(0.2)
    assert site.client().check() == 200


def test_without_an_issuer_tokens_are_good_and_logins_are_told_to_wait(site: Site) -> None:
    client = with_token(site)
    unit = f"holdfast-issuer@{site.current()}.service"
    site.host.run(f"systemctl stop {unit}")
    assert client.pull("team-a/app", "1") == two_layer_image("tokens")
    refused = site.client().request("GET", "/v2/")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert b"logins cannot be checked now" in refused.body
    said = site.holdfast("status")
    assert (said.returncode, f"{unit} is inactive" in said.stdout) == (6, True), said.stdout
    site.deploy()
    assert site.client().check() == 200


def test_a_lost_key_is_told_of_and_made_anew(site: Site) -> None:
    client, number = with_token(site), site.current()
    site.host.run(f"rm /etc/holdfast/keys/{number}/signing.pem")
    said = site.holdfast("status").stdout
    assert f"keys/{number}/signing.pem is missing. Run: holdfast deploy" in said
    assert "a new key signs" in site.deploy()
    assert client.request("GET", "/v2/").status == 200, "tokens of the lost key stay good"
    assert site.client().check() == 200
    assert site.holdfast("status").returncode == 0


def test_keys_and_logins_are_closed_to_others(site: Site) -> None:
    number = site.current()
    for path in (f"keys/{number}/signing.pem", f"generations/{number}/issuer/sources.json"):
        for user in ("holdfast-registry", "holdfast-proxy", "nobody"):
            argv = f"setpriv --reuid {user} --regid {user} --init-groups cat /etc/holdfast/{path}"
            assert site.host.run(argv, check=False).returncode != 0, (user, path)


def test_a_user_that_goes_is_out_and_the_log_says_who_came(site: Site) -> None:
    login = {"grant_type": "password", "username": "bob", "password": PASSWORD}
    refresh = json.loads(_form(site, **login, access_type="offline").body)["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert _form(site, **again).status == 200
    site.deploy(registry_auth_users=USERS[:1], registry_auth_rules=RULES[:2])
    assert _form(site, **again).status == 401
    assert site.client("bob").check() == 401
    log = site.host.run("cat /var/log/holdfast-issuer/audit.log").stdout
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"user:alice", "user:bob"} <= {line["subject"] for line in lines}
    assert {line["address"] for line in lines} >= {"127.0.0.1"}
    assert PASSWORD not in log
    assert refresh not in log


def test_rules_with_an_error_never_replace_good_ones(site: Site) -> None:
    wrong = [{"subjects": ["user:carol"], "repositories": ["**"], "actions": ["pull"]}]
    before = site.current()
    done = site.holdfast("deploy", registry_auth_rules=wrong)
    assert done.returncode == 2, done.stdout
    assert site.current() == before
    assert site.client().check() == 200


def test_2_8_takes_tokens_too_and_going_back_takes_the_keys_along(site: Site) -> None:
    newer = {name: site.variables[name] for name in site.variables if "distribution" in name}
    site.deploy(**dict.fromkeys(newer) | {"registry_distribution_source": "package"})
    image = two_layer_image("for 2.8.3")
    assert site.client().push("team-a/older", "1", image) == image.digest
    assert site.client().pull("team-a/older", "1") == image
    site.variables.update(newer)
    client = with_token(site)
    assert site.holdfast("rollback").returncode == 0
    found = client.pull("team-a/app", "1")
    assert found == two_layer_image("tokens"), "3.1.1 knows the key by its older id, too"
    assert "a new key signs, no other is trusted" in rotate(site, "--revoke")
    assert client.request("GET", "/v2/").status == 401
    assert site.client().check() == 200


def test_what_was_revoked_stays_refused_whatever_is_activated(site: Site) -> None:
    login = {"grant_type": "password", "username": "alice", "password": PASSWORD}
    refresh = json.loads(_form(site, **login, access_type="offline").body)["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": refresh}
    mode = {name: site.variables[name] for name in site.variables if "_auth_" in name}
    mode |= {"registry_auth_token_seconds": 900}
    other = {**dict.fromkeys(mode), "registry_auth_users": USERS}
    site.deploy(**mode)
    revoked, before = with_token(site), site.current()
    assert revoked.request("GET", "/v2/").status == 200
    assert _form(site, **again).status == 200
    rotate(site, "--revoke")

    def passwords() -> None:
        site.deploy(**other)

    def tokens() -> None:
        site.deploy(**mode)

    def back() -> None:
        done = site.holdfast("rollback", "--to", str(before))
        assert done.returncode == 0, done.stdout + done.stderr

    for step in (passwords, back, passwords, tokens, back):
        step()
        assert revoked.request("GET", "/v2/").status == 401, step
        assert site.client().check() == 200, step
        if step is not passwords:
            assert _form(site, **again).status == 401, step
    good = with_token(site)
    passwords()
    back()
    assert good.request("GET", "/v2/").status == 200, "what was not revoked goes on"
    tokens()


def test_a_key_of_the_inventory_is_that_of_every_node(site: Site) -> None:
    key = keys.make()
    site.deploy(registry_auth_signing_key=keys.private_pem(key))
    names = Names("holdfast", NAME, 60, 60)
    other = Tokens(names, (key, keys.thumbprint(key.public_key())), b"another node")
    scope = Scope("repository", "team-a/app", ("pull",))
    client = site.client().bearing(other.access("alice", [(scope, ["pull"])])["token"])
    assert client.pull("team-a/app", "1") == two_layer_image("tokens")
    assert "registry_auth_signing_key: the key is the inventory's" in rotate(site, code=4)
    site.deploy(registry_auth_signing_key=keys.private_pem(keys.make()))
    assert site.holdfast("rollback").returncode == 0
    assert client.request("GET", "/v2/").status == 401, "replaced in the inventory, it stays so"
    said = site.holdfast("status").stdout
    assert "a later key signs than registry_auth_signing_key of then" in said
    site.deploy(registry_auth_signing_key=keys.private_pem(key))
    assert client.request("GET", "/v2/").status == 200, "the inventory has the word"


def let_time_pass(site: Site) -> None:
    """Let the host think that its old keys were retired two minutes earlier."""
    path = f"/etc/holdfast/keys/{site.current()}/keys.json"
    site.host.run(f"""python3 - <<'END'
import json
kept = json.load(open("{path}"))
json.dump({{key: at and at - 120 for key, at in kept.items()}}, open("{path}", "w"))
END""")


def _form(site: Site, **form: str) -> Reply:
    """Request a token with a form, as docker does."""
    ca = str(site.folder / "pki" / "ca.crt")
    anyone = over_tls(NAME, 443, address=site.host.address, cafile=ca, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return anyone.request("POST", "/auth/token", urlencode(form).encode(), kind)
