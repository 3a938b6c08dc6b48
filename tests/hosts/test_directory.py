"""Logins of an LDAP directory on a host, and doctor's findings for each failure of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    two_layer_image,
)
from cryptography.hazmat.primitives.asymmetric import ec

from holdfast.certificates import Authority
from testhosts import slapd
from tests.hosts.conftest import NAME, Site

PASSWORD = "directory-horse-battery"
RULES = [
    {"subjects": ["group:developers"], "repositories": ["team/**"], "actions": ["push"]},
    {"subjects": ["user:alice"], "repositories": ["holdfast/**"], "actions": ["push", "delete"]},
]


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Iterator[Site]:
    company = Authority.create("company", 30, datetime.now(UTC))
    site = new_site(
        flavour="directory",
        registry_auth_mode="token",
        registry_auth_rules=RULES,
        registry_auth_directory_urls=[slapd.ON_HOST],
        registry_auth_directory_ca=company.root_pem,
        registry_auth_directory_bind_dn=slapd.SERVICE,
        registry_auth_directory_bind_password=slapd.SERVICE_PASSWORD,
        registry_auth_directory_user_base=f"ou=people,{slapd.BASE}",
        registry_auth_directory_group_base=f"ou=groups,{slapd.BASE}",
        registry_auth_directory_remember_seconds=0,
    )
    pair = company.issue("localhost", 30, datetime.now(UTC))
    people = [slapd.person(name, PASSWORD) for name in ("dora", "eve", "alice")]
    group = slapd.group("developers", f"uid=dora,ou=people,{slapd.BASE}")
    slapd.serve(site.host, "\n".join([*people, group]), pair.certificate_pem, pair.key_pem)
    site.deploy()
    yield site


def test_who_is_in_the_group_may_push(site: Site) -> None:
    assert "nothing to do" in site.deploy()
    image = two_layer_image("directory")
    dora, eve = (site.client(name, PASSWORD) for name in ("dora", "eve"))
    assert dora.push("team/app", "1", image) == image.digest
    assert eve.check() == 200
    with pytest.raises(RegistryError, match="401"):
        eve.push("team/app", "1", image)
    for name, password in (("dora", "wrong"), ("dora", ""), ("do*", PASSWORD)):
        assert site.client(name, password).check() == 401
    # alice is the inventory's: the directory's entry of that name is nobody.
    assert site.client("alice", PASSWORD).check() == 401
    assert site.client("alice").check() == 200


def test_the_password_of_the_service_is_nowhere_to_be_read(site: Site) -> None:
    secret = slapd.SERVICE_PASSWORD
    found = site.host.run(f"grep -rl {secret} /etc/holdfast /var/log /etc/systemd /run || true")
    (path,) = set(found.stdout.split())
    assert path.endswith("/issuer/sources.json")
    assert site.host.run(f"stat -c '%a %U %G' {path}").stdout.strip() == "440 root holdfast-issuer"


def doctor(site: Site, *arguments: str, text: str | None = None) -> tuple[int, dict[str, Any]]:
    """Return the exit code, and what is not well by what it is about."""
    site.write()
    command = ["doctor", *arguments, "--json"]
    done = site.holdfast(*command) if text is None else piped(site, command, text)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert rows, done.stdout + done.stderr
    return done.returncode, {row["about"]: row for row in rows if row["state"] != "ok"}


def piped(site: Site, command: list[str], text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(sys.executable, "-m", "holdfast"), *command, "-i", str(site.folder)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_host_that_is_well(site: Site) -> None:
    code, wrong = doctor(site)
    assert (code, wrong) == (0, {})
    result = site.holdfast("doctor").stdout
    assert "Nothing wrong on 1 host." in result


def test_a_directory_that_is_down(site: Site) -> None:
    site.host.run("systemctl stop directory")
    try:
        reply = site.client("dora", PASSWORD).request("GET", "/v2/")
        assert (reply.status, reply.headers["Retry-After"]) == (503, "10")
        assert site.client("alice").check() == 200
        code, wrong = doctor(site)
        assert code == 6
        assert "refused" in wrong["directory"]["text"]
        assert slapd.SERVICE_PASSWORD not in json.dumps(wrong)
    finally:
        site.host.run("systemctl start directory")
    time.sleep(6)
    assert site.client("dora", PASSWORD).check() == 200


def test_a_key_that_is_lost_and_an_issuer_that_is_down(site: Site) -> None:
    number = site.current()
    unit = f"holdfast-issuer@{number}.service"
    site.host.run(f"rm /etc/holdfast/keys/{number}/signing.pem; systemctl stop {unit}")
    code, wrong = doctor(site)
    assert code == 6
    assert "signing.pem is missing" in wrong["keys"]["text"]
    assert f"{unit} is inactive" in wrong["units"]["text"]
    assert "does not answer" in wrong["issuer"]["text"]
    assert all(one["todo"] for one in wrong.values())
    site.deploy()
    assert doctor(site) == (0, {})


def test_a_token_is_looked_at_with_the_keys_of_the_host(site: Site) -> None:
    now = int(time.time())
    claims = {"iss": "holdfast", "aud": NAME, "sub": "x", "iat": now, "nbf": now, "exp": now - 900}
    stranger = ec.generate_private_key(ec.SECP256R1())
    token = jwt.encode(claims, stranger, "ES256", {"kid": "stranger"})
    code, wrong = doctor(site, "--token", "-", "--scope", "repository:a:pull", text=token)
    assert (code, set(wrong)) == (6, {"kid", "expired", "scope"})
    (site.folder / "good.jwt").write_text(minted(site))
    code, wrong = doctor(site, "--token", str(site.folder / "good.jwt"))
    assert (code, wrong) == (0, {})


def minted(site: Site) -> str:
    """Return a token that the issuer gave to dora."""
    reply = site.client("dora", PASSWORD).request("GET", f"/auth/token?service={NAME}")
    assert reply.status == 200, site.host.run("journalctl -u 'holdfast-issuer@*' -n 20").stdout
    return str(json.loads(reply.body)["token"])
