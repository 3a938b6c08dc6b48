"""Certificates from a real ACME server: got, renewed under load, refused, and out of reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testhosts import acme
from tests.hosts.conftest import Site
from tests.hosts.traffic import load

HOOK = """#!/bin/sh
# Tells the name server of the ACME server's tests, as a company's own script tells its own.
case $1 in
  present) path=set-txt; value=",\\"value\\":\\"$CERTBOT_VALIDATION\\"" ;;
  cleanup) path=clear-txt ;;
esac
curl -sf -d "{\\"host\\":\\"_acme-challenge.$CERTBOT_DOMAIN.\\"$value}" http://127.0.0.1:8055/$path
"""


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host that serves with our own authority, and has an ACME server in it."""
    made = new_site(flavour="acme")
    acme.serve(made.host)
    made.deploy()
    return made


def switch(site: Site, **more: Any) -> dict[str, Any]:
    """Return the settings that take certificates from the ACME server of a host."""
    (site.folder / "pebble.pem").write_text(acme.root(site.host))
    return {
        "registry_tls_mode": "acme",
        "registry_tls_accept_terms": True,
        "registry_tls_directory": acme.DIRECTORY,
        "registry_tls_directory_ca": acme.trust(site.host),
        "registry_tls_ca": "pebble.pem",
        **{f"registry_tls_{name}": value for name, value in more.items()},
    }


def trust(site: Site) -> Path:
    """Return a file with our own authority and the ACME server's present root."""
    file = site.folder / "both.pem"
    file.write_text((site.folder / "pki/ca.crt").read_text() + acme.root(site.host))
    return file


def test_a_serving_host_switches_without_a_failed_request(site: Site) -> None:
    both = trust(site)
    with load(lambda: site.client(trust=both), visitors=2) as counts:
        result = site.deploy(**switch(site))
    assert counts.failures == [], counts
    assert counts.visits > 5
    assert "a certificate for 90 days, from acme https://127.0.0.1:14000/dir ecdsa" in result
    assert "Pebble" in site.shown(both).issuer.rfc4514_string()
    assert "nothing to do" in site.deploy()
    assert "renewed by https://127.0.0.1:14000/dir" in site.holdfast("status").stdout
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout


def test_the_timer_renews_what_is_due_and_no_connection_is_closed(site: Site) -> None:
    both = trust(site)
    # With 365 days every certificate of the server is due.
    site.deploy(registry_tls_renew_days=365)
    serials = {site.shown(both).serial_number}
    with load(lambda: site.client(trust=both), visitors=2) as counts:
        for _ in range(3):
            assert "a certificate for 90 days" in site.care().stdout
            serials.add(site.shown(both).serial_number)
    assert counts.failures == [], counts
    assert len(serials) == 4
    site.deploy(registry_tls_renew_days=30)
    assert "nothing to do" in site.care().stdout
    assert site.shown(both).serial_number in serials


def test_a_server_that_refuses_nonces_is_asked_again(site: Site) -> None:
    acme.serve(site.host, bad_nonces=15)
    done = site.holdfast("certificate", "renew")
    assert done.returncode == 0, done.stdout
    assert "a certificate for 90 days" in done.stdout


def test_a_server_that_is_down_leaves_the_old_certificate(site: Site) -> None:
    site.deploy(registry_tls_renew_days=365)
    before = site.shown(trust(site)).serial_number
    both = trust(site)
    site.host.run("systemctl stop pebble")
    said = site.care().stdout
    assert "https://127.0.0.1:14000/dir" in said
    assert said.endswith("failed\n")
    assert site.shown(both).serial_number == before
    assert site.client(trust=both).check() == 200
    status = site.holdfast("status")
    assert status.returncode == 6
    assert "refused" in status.stdout
    figures = site.host.run("cat /var/lib/holdfast/metrics/holdfast.prom").stdout
    assert "holdfast_certificate_problems 1" in figures
    forced = site.holdfast("certificate", "renew")
    assert forced.returncode == 5
    assert "gave no certificate" in forced.stdout
    assert site.shown(both).serial_number == before
    acme.serve(site.host)
    site.deploy(**switch(site, renew_days=30))
    site.care()
    assert site.holdfast("status").returncode == 0


def test_two_kinds_of_keys_and_a_new_key(site: Site) -> None:
    site.deploy(**switch(site, key_type="both"))
    before = site.shown(trust(site)).public_key()
    assert site.holdfast("certificate", "renew").returncode == 0
    assert site.shown(trust(site)).public_key() == before
    assert site.holdfast("certificate", "renew", "--new-key").returncode == 0
    assert site.shown(trust(site)).public_key() != before
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout


def test_an_external_account_is_bound(site: Site) -> None:
    acme.serve(site.host, eab=True)
    change = switch(site)
    refused = site.holdfast("certificate", "renew", **change)
    assert refused.returncode == 5, refused.stdout
    site.variables.update({**change, "registry_tls_eab_kid": "holdfast"})
    site.variables["registry_tls_eab_hmac"] = acme.HMAC
    result = site.holdfast("certificate", "renew")
    assert result.returncode == 0, result.stdout
    assert (
        acme.HMAC not in result.stdout + site.host.run("cat /var/lib/holdfast/fetch/log/*").stdout
    )


def test_dns_by_updates_and_by_a_hook(site: Site) -> None:
    acme.serve_updates(site.host, "holdfast.test")
    acme.serve(site.host, dns="bind")
    updates = {
        "challenge": "rfc2136",
        "dns_server": acme.UPDATES,
        "dns_port": acme.UPDATES_PORT,
        "dns_tsig_name": "holdfast",
        "dns_tsig_secret": acme.TSIG_SECRET,
        "dns_wait_seconds": 1,
        "eab_kid": None,
        "eab_hmac": None,
    }
    site.variables.update({**switch(site, **updates), "registry_proxy_http_port": 0})
    result = site.holdfast("certificate", "renew")
    assert result.returncode == 0, result.stdout
    acme.serve(site.host)
    site.host.run(
        "mkdir -p /opt/company; cat > /opt/company/dns; chmod 755 /opt/company/dns", text=HOOK
    )
    gone = dict.fromkeys(name for name in updates if name.startswith("dns_"))
    hook = {**gone, "challenge": "hook", "dns_hook": "/opt/company/dns"}
    site.variables.update(switch(site, **hook))
    result = site.holdfast("certificate", "renew")
    assert result.returncode == 0, result.stdout
    assert "nothing to do" in site.deploy()


def test_a_refused_challenge_leaves_a_fresh_host_as_it_was(new_site: Callable[..., Site]) -> None:
    fresh = new_site(flavour="acme", registry_hostname="blocked.holdfast.test")
    acme.serve(fresh.host)
    done = fresh.holdfast("deploy", **switch(fresh))
    assert done.returncode == 5, done.stdout
    assert "gave no certificate" in done.stdout
    assert "blocked.holdfast.test" in done.stdout
    assert fresh.host.run("ss -Hltn 'sport = :443'").stdout == ""
    result = fresh.deploy(**switch(fresh), registry_hostname="images.holdfast.test")
    assert "a certificate for 90 days" in result
