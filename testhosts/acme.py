"""Run a real ACME server (pebble) and a name server on a test host, for its certificates.

Both are units of the host: `systemctl stop pebble` simulates a server that is down.
"""

from __future__ import annotations

import json
from typing import Any

from testhosts import binary
from testhosts.host import Host

DIRECTORY = "https://127.0.0.1:14000/dir"
ROOT = "/root/pebble-root.pem"
"""Root of the issued certificates, a new one after each start."""
TRUST = "/root/pebble/ca.pem"
"""Authority of the server's own https certificate."""
UPDATES = "127.0.0.1"
"""Name server that accepts updates, on port 5353, with the TSIG key `holdfast`."""
UPDATES_PORT = 5353
TSIG_SECRET = "aG9sZGZhc3QtdGVzdC1rZXktb2YtMzItYnl0ZXMhISE="
HMAC = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
"""Key of the external account `holdfast`."""

_CONFIG: dict[str, Any] = {
    "listenAddress": "127.0.0.1:14000",
    "managementListenAddress": "127.0.0.1:15000",
    "certificate": "/root/pebble/server.pem",
    "privateKey": "/root/pebble/server.key",
    "httpPort": 80,
    "tlsPort": 443,
    "externalAccountBindingRequired": False,
    "externalAccountMACKeys": {"holdfast": HMAC},
    "domainBlocklist": ["blocked.holdfast.test"],
    # One alone: of several, pebble takes any.
    "profiles": {"default": {"description": "for tests", "validityPeriod": 7776000}},
}
_OPENSSL = """
set -e; mkdir -p /root/pebble; cd /root/pebble
[ -e ca.pem ] || {
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 99 \
  -subj /CN=pebble-https -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=pebble \
  -keyout server.key -out server.csr
printf 'subjectAltName=IP:127.0.0.1\\nauthorityKeyIdentifier=keyid\\n' > names
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 99 -extfile names -out server.pem
} 2>/dev/null
"""


def serve(
    host: Host, *, bad_nonces: int = 0, eab: bool = False, days: int = 90, dns: str = "challtestsrv"
) -> None:
    """Start the server, or restart it with other options.

    `bad_nonces` is the percentage of nonces that it refuses. `eab` is true to require external
    account binding. `days` is the lifetime of certificates. `dns` is the name server:
    `challtestsrv` resolves every name to this host, `bind` accepts updates.
    """
    for name in ("pebble", "pebble-challtestsrv"):
        host.send(binary.tool(name), f"/usr/local/bin/{name}")
    host.run(_OPENSSL)
    config = {**_CONFIG, "externalAccountBindingRequired": eab}
    config["profiles"]["default"]["validityPeriod"] = days * 86400
    host.run("cat > /root/pebble/config.json", text=json.dumps({"pebble": config}))
    host.run("systemctl stop pebble challtestsrv 2>/dev/null; systemctl reset-failed", check=False)
    # It keeps everything in memory: accounts of the time before are unknown to it.
    host.run("rm -rf /var/lib/holdfast/acme/accounts")
    host.run(
        "systemd-run -q --unit challtestsrv /usr/local/bin/pebble-challtestsrv -defaultIPv6 ''"
        " -defaultIPv4 127.0.0.1 -http01 '' -https01 '' -tlsalpn01 '' -doh ''"
        " -dnsserver 127.0.0.1:8053"
        " -management 127.0.0.1:8055"
    )
    server = f"127.0.0.1:{UPDATES_PORT}" if dns == "bind" else "127.0.0.1:8053"
    host.run(
        f"systemd-run -q --unit pebble -E PEBBLE_WFE_NONCEREJECT={bad_nonces}"
        " -E PEBBLE_VA_NOSLEEP=1"
        f" /usr/local/bin/pebble -config /root/pebble/config.json -dnsserver {server}"
    )
    ask = "curl -sf --cacert /root/pebble/ca.pem"
    wait = f"for i in $(seq 100); do {ask} {DIRECTORY} >/dev/null && break; sleep 0.1; done"
    host.run(f"{wait}; {ask} https://127.0.0.1:15000/roots/0 > {ROOT}")


def serve_updates(host: Host, zone: str) -> None:
    """Start a name server for a zone with updates (RFC 2136); every name is this host."""
    host.run("mkdir -p /var/cache/bind; systemctl stop named 2>/dev/null", check=False)
    host.run(
        "cat > /var/cache/bind/zone",
        text=f"$TTL 1\n@ SOA ns.{zone}. x.{zone}. 1 1 1 1 1\n@ NS ns.{zone}.\n* A 127.0.0.1\n",
    )
    host.run(
        "cat > /etc/bind/named.conf",
        text=f"""key holdfast {{ algorithm hmac-sha256; secret "{TSIG_SECRET}"; }};
options {{ directory "/var/cache/bind"; listen-on port {UPDATES_PORT} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }}; recursion no; }};
zone "{zone}" {{ type primary; file "zone"; update-policy {{ grant holdfast zonesub TXT; }}; }};
""",
    )
    host.run("chown -R bind: /var/cache/bind; systemctl restart named")


def trust(host: Host) -> str:
    """Return the authority of the server's own https certificate, as PEM."""
    return host.run(f"cat {TRUST}").stdout


def root(host: Host) -> str:
    """Return the root of the issued certificates, as PEM."""
    return host.run(f"cat {ROOT}").stdout
