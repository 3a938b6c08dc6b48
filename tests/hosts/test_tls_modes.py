"""Certificates that lie on the host, a load balancer in front, and certificates of clients."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_plain,
    over_tls,
    two_layer_image,
)

from holdfast.certificates import Authority, Clients, Folder, Pair
from holdfast.preview import scratch
from tests.hosts.conftest import NAME, PASSWORD, Site

LOG = "/var/log/holdfast/access.log"


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry."""
    made = new_site()
    made.deploy()
    return made


@pytest.fixture(scope="module")
def company() -> Authority:
    """An authority of somebody else."""
    return Authority.create("company", 365, datetime.now(UTC))


def lay(site: Site, pair: Pair) -> None:
    """Put a certificate and its key on the host, as a company's own tool would."""
    site.host.run("mkdir -p /etc/company; cat > /etc/company/tls.crt", text=pair.certificate_pem)
    site.host.run("umask 077; cat > /etc/company/tls.key", text=pair.key_pem)


def test_a_certificate_on_the_host_is_taken_up_as_it_changes(
    site: Site, company: Authority
) -> None:
    now, root = datetime.now(UTC), site.folder / "company.pem"
    root.write_text(company.root_pem)
    lay(site, company.issue(NAME, 90, now))
    result = site.deploy(
        registry_tls_mode="own",
        registry_tls_certificate="host:/etc/company/tls.crt",
        registry_tls_key="host:/etc/company/tls.key",
        registry_tls_ca="company.pem",
    )
    assert "a certificate for 90 days, from host /etc/company/tls.crt" in result
    assert "nothing to do" in site.deploy()
    before = site.shown(root).serial_number
    lay(site, company.issue(NAME, 60, now))
    assert "a certificate for 60 days" in site.care().stdout
    good = site.shown(root).serial_number
    assert good != before
    # One that cannot serve is left alone, and said.
    lay(site, company.issue("www.holdfast.test", 90, now))
    assert "Hostname mismatch" in site.care().stdout
    assert site.shown(root).serial_number == good
    assert "Hostname mismatch" in site.holdfast("status").stdout
    done = site.holdfast("deploy", registry_tls_key="host:/etc/company/none.key")
    assert done.returncode == 5
    assert "/etc/company/none.key: cannot be read" in done.stdout
    assert site.shown(root).serial_number == good


@contextmanager
def load_balancer(site: Site, company: Authority, folder: Path) -> Iterator[int]:
    """Run nginx here as a load balancer that ends TLS; yield its port."""
    pair, port = company.issue(NAME, 9, datetime.now(UTC)), scratch.free_port()
    (folder / "lb.pem").write_text(pair.certificate_pem + pair.key_pem)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "lb.conf").write_text(f"""
{user} daemon off; pid {folder}/lb.pid; error_log stderr; worker_processes 1; events {{}}
http {{ access_log off; client_max_body_size 0; client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
scgi_temp_path {folder}/s;
server {{ listen 127.0.0.1:{port} ssl; server_name {NAME};
  ssl_certificate {folder}/lb.pem; ssl_certificate_key {folder}/lb.pem;
  location / {{ proxy_pass http://{site.host.address}:8080; proxy_set_header Host {NAME};
    proxy_set_header X-Forwarded-For "203.0.113.7, $remote_addr";
    proxy_set_header X-Forwarded-Proto https; }} }} }}
""")
    process = subprocess.Popen(["nginx", "-e", "stderr", "-c", str(folder / "lb.conf")])
    try:
        while not (folder / "lb.pid").exists():
            assert process.poll() is None
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_behind_a_load_balancer(
    new_site: Callable[..., Site], company: Authority, tmp_path: Path
) -> None:
    site = new_site()
    ours = site.host.run("ip route show default").stdout.split()[2]
    external = {
        "registry_tls_mode": "external",
        "registry_tls_plain_addresses": [site.host.address],
        "registry_tls_trusted_proxies": [ours],
    }
    site.deploy(**external)
    assert "nothing to do" in site.deploy()
    assert ":443" not in site.host.run("ss -Hltn").stdout
    (tmp_path / "root.pem").write_text(company.root_pem)
    image, root = two_layer_image("behind a load balancer"), str(tmp_path / "root.pem")
    with load_balancer(site, company, tmp_path) as port:
        client = over_tls(NAME, port, address="127.0.0.1", cafile=root).login("alice", PASSWORD)
        # The load balancer passes the port-less name on, as one on port 443 does.
        begun = client.request("POST", "/v2/team/image/blobs/uploads/")
        assert begun.headers["Location"].startswith(f"https://{NAME}/v2/team/image/")
        client.push("team/image", "latest", image)
        assert client.pull("team/image", "latest") == image
    seen = {json.loads(line)["address"] for line in site.host.run(f"cat {LOG}").stdout.splitlines()}
    # What the load balancer says of the client is believed, but not what the client itself said.
    assert "127.0.0.1" in seen
    assert "203.0.113.7" not in seen
    forged = {"X-Forwarded-For": "198.51.100.9"}
    assert (
        site.host.run(f"python3 - <<'X'\n{_asking(site.host.address, forged)}\nX").stdout.strip()
        == "401"
    )
    assert "198.51.100.9" not in site.host.run(f"cat {LOG}").stdout
    site.deploy(registry_tls_trusted_proxies=["192.0.2.1"])
    assert over_plain(NAME, 8080, address=site.host.address).check() == 403


def _asking(address: str, headers: dict[str, str]) -> str:
    return (
        "import http.client\n"
        f"c = http.client.HTTPConnection('{address}', 8080)\n"
        f"c.request('GET', '/v2/', headers={{'Host': '{NAME}', **{headers!r}}})\n"
        "print(c.getresponse().status)"
    )


def test_certificates_of_clients(site: Site, tmp_path: Path) -> None:
    gone = [name for name in site.variables if name.startswith("registry_tls_")]
    site.deploy(**dict.fromkeys(gone), registry_mtls_verify="require")
    done = site.holdfast("client", "certificate", "ci", "-o", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "ci.key").stat().st_mode & 0o777 == 0o600
    pair = (str(tmp_path / "ci.crt"), str(tmp_path / "ci.key"))
    assert site.client(pair=pair).check() == 200
    assert site.client().check() == 403
    assert site.client().request("GET", "/health").status == 200
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout
    assert site.holdfast("client", "certificate", "ci", "--revoke").returncode == 0
    result = site.deploy()
    assert "revocation list" in result
    assert "proxy reloaded" in result
    assert site.client(pair=pair).check() == 403
    assert "nothing to do" in site.deploy()
    site.deploy(registry_mtls_verify="optional")
    assert site.client().check() == 200
    assert site.client(pair=pair).check() == 403


def test_a_list_of_revoked_clients_is_fetched(site: Site, tmp_path: Path) -> None:
    now, foreign = datetime.now(UTC), Clients(Folder(tmp_path / "foreign"))
    pair = foreign.issue(NAME, "robot", 30, now)
    for name, text in (("crt", pair.certificate_pem), ("key", pair.key_pem)):
        (tmp_path / f"robot.{name}").write_text(text)
    files = (str(tmp_path / "robot.crt"), str(tmp_path / "robot.key"))
    first = (tmp_path / "foreign/crl.pem").read_text()
    serve = "mkdir -p /srv/crl; systemd-run -q --unit crl -p WorkingDirectory=/srv/crl"
    site.host.run(f"{serve} python3 -m http.server 8999 --bind 127.0.0.1")
    site.deploy(
        registry_mtls_verify="require",
        registry_mtls_ca=(tmp_path / "foreign/ca.crt").read_text(),
        registry_mtls_crl=first,
        registry_mtls_crl_url="http://127.0.0.1:8999/list.crl",
    )
    assert site.client(pair=files).check() == 200
    said = site.care().stdout
    assert "http://127.0.0.1:8999/list.crl: File not found" in said or "404" in said
    foreign.revoke(NAME, "robot", now)
    (tmp_path / "list.pem").write_text((tmp_path / "foreign/crl.pem").read_text())
    der = ["openssl", "crl", "-in", str(tmp_path / "list.pem"), "-outform", "DER"]
    encoded = subprocess.run([*der, "-out", "-"], capture_output=True, check=True).stdout
    command = [*site.host.ssh_command(), "cat > /srv/crl/list.crl"]
    subprocess.run(command, input=encoded, check=True)
    assert "a newer list of revoked clients" in site.care().stdout
    assert site.client(pair=files).check() == 403
    # The deploy does not bring the older list back.
    assert "nothing to do" in site.deploy()
    site.host.run("echo nonsense > /srv/crl/list.crl")
    assert "is not signed by registry_mtls_ca" in site.care().stdout
    assert site.client(pair=files).check() == 403
