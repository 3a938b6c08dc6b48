"""Metrics on a host: for who may scrape, through deploys, and for nobody else."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from holdfast.certificates import Clients, Folder
from tests.hosts.conftest import NAME, Site
from tests.scrapes import answered, value

PORT = 9464
TOKEN = "0123456789abcdef" * 4
PULLS = 'holdfast_pulls_total{folder="team"}'


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host whose metrics this machine may scrape, with a token."""
    made = new_site()
    address = made.host.address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        route.connect((address, PORT))
        own = route.getsockname()[0]
    made.deploy(
        registry_metrics_listen=f"{address}:{PORT}",
        registry_metrics_allow=[own],
        registry_metrics_token=TOKEN,
    )
    return made


def scrape(
    site: Site,
    token: str,
    path: str = "/metrics",
    *,
    method: str = "GET",
    port: int = PORT,
    pair: tuple[str, str] | None = None,
) -> tuple[int, str]:
    """Return status and text of a request for metrics."""
    context = ssl.create_default_context(cafile=str(site.folder / "pki" / "ca.crt"))
    if pair:
        context.load_cert_chain(*pair)
    connection = http.client.HTTPSConnection(NAME, port, timeout=60, context=context)
    plain = socket.create_connection((site.host.address, port), 60)
    connection.sock = context.wrap_socket(plain, server_hostname=NAME)
    return answered(connection, token, path, method)


def test_who_has_the_token_gets_the_figures_and_nobody_else(site: Site) -> None:
    site.host.run("systemctl start holdfast-storage.service")
    image = two_layer_image("measured")
    site.client().push("team/measured", "one", image)
    before = value(scrape(site, TOKEN)[1], PULLS)
    site.client().pull("team/measured", "one")
    status, text = scrape(site, TOKEN)
    assert status == 200
    assert value(text, PULLS) > before
    assert value(text, "holdfast_up") == 1
    assert "holdfast_storage_free_bytes{" in text and "team/measured" not in text
    assert [scrape(site, wrong)[0] for wrong in ("", TOKEN[:-1] + "0")] == [401, 401]
    assert scrape(site, TOKEN, "/debug/pprof/")[0] == 404
    assert scrape(site, TOKEN, method="POST")[0] == 403


def test_another_network_is_refused_and_the_public_name_has_no_metrics(site: Site) -> None:
    # The host's own address is not on the list.
    asked = (
        "import http.client, ssl; c = http.client.HTTPSConnection("
        f"'{site.host.address}', {PORT}, context=ssl._create_unverified_context()); "
        f"c.request('GET', '/metrics', headers={{'Authorization': 'Bearer {TOKEN}'}}); "
        "print(c.getresponse().status)"
    )
    assert site.host.run(f'python3 -c "{asked}"').stdout.strip() == "403"
    status, text = scrape(site, TOKEN, port=443)
    assert status != 200 and "holdfast_" not in text


def test_a_deploy_without_a_change_changes_nothing_and_the_host_is_verified(site: Site) -> None:
    number = site.current()
    site.deploy()
    assert site.current() == number
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_swap_counts_each_request_once_and_forgets_none(site: Site) -> None:
    site.client().push("swap/measured", "one", two_layer_image("swapped"))
    before = scrape(site, TOKEN)[1]
    for number in range(4):
        if number == 2:
            site.deploy(registry_log_level="info")
        site.client().pull("swap/measured", "one")
    after = scrape(site, TOKEN)[1]
    pulls = 'holdfast_pulls_total{folder="swap"}'
    lines = [
        json.loads(line)
        for line in site.host.run("cat /var/log/holdfast/access.log").stdout.splitlines()
    ]
    logged = [
        one
        for one in lines
        if one["method"] == "GET"
        and one["status"] == 200
        and one["uri"].startswith("/v2/swap/measured/manifests/")
    ]
    assert value(after, pulls) == len(logged) > value(before, pulls)


def test_a_stopped_unit_is_found_and_off_removes_all(site: Site) -> None:
    site.host.run("systemctl stop holdfast-facts.service holdfast-facts.socket")
    assert scrape(site, TOKEN)[0] in {502, 503}
    found = site.holdfast("verify", "--by-address")
    assert found.returncode and "holdfast-facts" in found.stdout + found.stderr
    site.deploy()
    assert scrape(site, TOKEN)[0] == 200
    site.deploy(registry_metrics_listen="none")
    left = site.host.run("ls /etc/systemd/system | grep holdfast-facts; ss -ltn", check=False)
    assert "holdfast-facts" not in left.stdout and str(PORT) not in left.stdout


def test_a_client_certificate_can_stand_in_for_the_token(site: Site, tmp_path: Path) -> None:
    clients = Clients(Folder(tmp_path / "scrapers"))
    pair = clients.issue(NAME, "prometheus", 30, datetime.now(UTC))
    for name, text in (("crt", pair.certificate_pem), ("key", pair.key_pem)):
        (tmp_path / f"one.{name}").write_text(text)
    site.deploy(
        registry_metrics_listen=f"{site.host.address}:{PORT}",
        registry_metrics_client_ca=(tmp_path / "scrapers/ca.crt").read_text(),
        registry_metrics_token=None,
    )
    shown = (str(tmp_path / "one.crt"), str(tmp_path / "one.key"))
    assert scrape(site, "", pair=shown)[0] == 200
    status, text = scrape(site, TOKEN)
    assert status in {400, 403} and "holdfast_" not in text
    other = Clients(Folder(tmp_path / "others"))
    other.issue(NAME, "prometheus", 30, datetime.now(UTC))
    site.deploy(registry_metrics_client_ca=(tmp_path / "others/ca.crt").read_text())
    assert scrape(site, "", pair=shown)[0] in {400, 403}
