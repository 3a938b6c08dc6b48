"""Network, programs and logs."""

from __future__ import annotations

from tests.sabotage.sabotage import Sabotage, unit

LOG = "/var/log/holdfast/access.log"
BINARY = "$(ls /opt/holdfast/distribution/*/registry)"
OTHER = f"b={BINARY}; mkdir -p /root/kept; mv $b /root/kept/binary"
BACK = "mv -f /root/kept/binary $(ls -d /opt/holdfast/distribution/*)/registry"


def logged(name: str, red: str, line: str, says: str, *also: str) -> Sabotage:
    """Return the sabotage that adds a line to the access log."""
    return Sabotage(name, red, f"keep {LOG}; echo '{line}' >> {LOG}", _LESS, says, also)


def said(name: str, red: str, words: str, says: str) -> Sabotage:
    """Return the sabotage that lets a unit of ours say something."""
    do = f"systemd-run --quiet --wait --unit=holdfast-sabotage echo '{words}'; journalctl --sync"
    undo = "journalctl --quiet --rotate; journalctl --quiet --vacuum-time=1ms 2>/dev/null"
    return Sabotage(name, red, do, undo, says)


# In place: nginx goes on writing to the same file.
_LESS = f"cat $(place {LOG}) > {LOG}"
ENTRY = (
    '{"time":"t","address":"a","user":"u","method":"m","uri":"%s","status":1,"bytes":1,"seconds":1}'
)

_UPDATES = "/var/tmp/updates"
_LIST = "/etc/apt/sources.list.d/updates.list"
_ONLY = f"-o Dir::Etc::sourcelist={_LIST} -o Dir::Etc::sourceparts=/dev/null"
UPDATE = f"""
mkdir -p {_UPDATES}; cd {_UPDATES}
printf 'Package: sudo\\nVersion: 99\\nArchitecture: %s\\nMaintainer: x\\nDescription: x\\nFilename: ./x.deb\\nSize: 1\\nSHA256: %064d\\n' "$(dpkg --print-architecture)" 0 > Packages
printf 'Label: Debian-Security\\nSuite: stable-security\\nSHA256:\\n %s %s Packages\\n' $(sha256sum Packages | cut -c1-64) $(stat -c %s Packages) > Release
echo 'deb [trusted=yes] file:{_UPDATES} ./' > {_LIST}
apt-get -qq {_ONLY} --no-list-cleanup update
"""
"""Publish a newer sudo, as the distribution publishes what closes a hole."""
CLOCK = "$(ls /etc/python3.*/sitecustomize.py)"
"""What each start of Python runs: a container's clock cannot be set, but what tells it can."""

CASES = [
    Sabotage(
        "nothing that serves",
        "host.deployed",
        "mv /etc/holdfast/current /etc/holdfast/away",
        "mv /etc/holdfast/away /etc/holdfast/current",
        "/etc/holdfast/current to lead to a generation",
        only=True,
    ),
    Sabotage(
        "another platform",
        "host.platform",
        "replace /etc/os-release 's/^VERSION_ID=.*/VERSION_ID=12/'",
        "back /etc/os-release",
        "found debian12",
        only=True,
        together="host",
    ),
    Sabotage(
        "a clock that is ahead",
        "time.clock",
        f"f={CLOCK}; keep $f; echo 'import time; right = time.time; time.time = lambda: right() + 3600' >> $f",
        f"back {CLOCK}",
        "found +3",
        only=True,
        together="host",
    ),
    Sabotage(
        "an update that waits",
        "supply.updates",
        UPDATE,
        f"rm -r {_LIST} {_UPDATES} /var/lib/apt/lists/*_updates_*",
        "sudo waits",
        only=True,
        together="host",
    ),
    Sabotage(
        "an nginx of long ago",
        "supply.nginx",
        "mkdir -p /root/kept; mv /usr/sbin/nginx /root/kept/nginx;"
        " printf '#!/bin/sh\\necho nginx version: nginx/1.18.0; echo built with OpenSSL 1.1.1w\\n' > /usr/sbin/nginx;"
        " chmod 755 /usr/sbin/nginx",
        "mv -f /root/kept/nginx /usr/sbin/nginx",
        "found nginx version: nginx/1.18.0",
        ("supply.packages", "supply.running"),
        too=("supply.openssl",),
    ),
    Sabotage(
        "ports that are closed",
        "net.ports",
        "systemctl stop holdfast-proxy.socket holdfast-proxy.service",
        "systemctl start holdfast-proxy.socket holdfast-proxy.service; sleep 0.3",
        "nothing listens on port 443",
        too=("net.families",),
    ),
    Sabotage(
        "a port with a registry that asks for no login",
        "net.closed",
        "rm /etc/systemd/system/docker-registry.service; systemctl daemon-reload;"
        " systemctl start docker-registry; for i in $(seq 50); do ss -Hltn | grep -q :5000 && break; sleep 0.1; done",
        "systemctl stop docker-registry; ln -s /dev/null /etc/systemd/system/docker-registry.service;"
        " systemctl daemon-reload; systemctl reset-failed",
        "a registry answers on port 5000",
    ),
    unit(
        "a registry on a port of its own",
        "net.registry",
        "$(registry)",
        r"PrivateNetwork=no\nIPAddressDeny=\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nEnvironment=REGISTRY_HTTP_NET=tcp REGISTRY_HTTP_ADDR=:5001",
        "[5001]",
        "net.ours",
        "net.closed",
    ),
    unit(
        "a debug port",
        "net.ours",
        "$(registry)",
        r"PrivateNetwork=no\nIPAddressDeny=\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nEnvironment=REGISTRY_HTTP_DEBUG_ADDR=:5001",
        "listens on port 5001 by itself",
        "net.registry",
        "net.closed",
    ),
    Sabotage(
        "something that rules the host",
        "net.control",
        "mkdir -p /root/rule; echo '{}' > /root/rule/version; systemd-run -q --unit=rule"
        " python3 -m http.server 2375 -d /root/rule; for i in $(seq 50); do ss -Hltn | grep -q :2375 && break; sleep 0.1; done",
        "systemctl stop rule",
        "port 2375 answers /version",
    ),
    Sabotage(
        "a tampered registry",
        "supply.binary",
        f"{OTHER}; cp -a /root/kept/binary $b; echo >> $b",
        BACK,
        "was changed since",
        ("supply.running",),
    ),
    Sabotage(
        "a registry that all can write",
        "supply.binary",
        f"chmod 0777 {BINARY}",
        f"chmod 0755 {BINARY}",
        "is not root:root 0755",
    ),
    Sabotage(
        "another version of the registry",
        "supply.registry",
        f"{OTHER}; cp /usr/bin/docker-registry $b",
        BACK,
        "2.8",
        ("supply.running", "supply.binary"),
    ),
    Sabotage(
        "a tampered nginx",
        "supply.packages",
        "mkdir -p /root/kept; mv /usr/sbin/nginx /root/kept/nginx; cp -a /root/kept/nginx /usr/sbin/nginx; echo >> /usr/sbin/nginx",
        "mv -f /root/kept/nginx /usr/sbin/nginx",
        "/usr/sbin/nginx of nginx was changed",
        ("supply.running",),
    ),
    Sabotage(
        "an old nginx that runs on",
        "supply.running",
        "mkdir -p /root/kept; mv /usr/sbin/nginx /root/kept/nginx; cp -a /root/kept/nginx /usr/sbin/nginx",
        "mv -f /root/kept/nginx /usr/sbin/nginx",
        "holdfast-proxy.service runs another program",
    ),
    Sabotage(
        "packages without a signature",
        "supply.sources",
        "echo 'deb [trusted=yes] http://x.example/ trixie main' > /etc/apt/sources.list.d/x.list",
        "rm /etc/apt/sources.list.d/x.list",
        "x.list",
    ),
    logged("a login in the log", "logs.access", ENTRY % "Basic YWxpY2U6Y29ycmVjdA==", "Basic YW"),
    logged(
        "a password in the log", "logs.access", ENTRY % "correct-horse-battery", "has a password"
    ),
    logged(
        "a token of an upload in the log",
        "logs.access",
        ENTRY % "/v2/?_state=abcdefghij",
        "has tokens",
    ),
    logged("a line that is no object", "logs.structured", "by hand", "is no object"),
    logged("a line without its fields", "logs.structured", '{"time": "t"}', "some have no address"),
    said("a token in the journal", "logs.journal", "got Bearer eyJhbGciOiJFUzI1NiJ9", "Bearer e"),
    said("a crash", "logs.deaths", "panic: runtime error", "panic: runtime error"),
    Sabotage(
        "a log that is not rotated",
        "logs.rotation",
        "mkdir -p /root/kept; mv /etc/logrotate.d/holdfast /root/kept/rotate",
        "mv /root/kept/rotate /etc/logrotate.d/holdfast",
        "found nothing",
    ),
    Sabotage(
        "rotation that was stopped",
        "logs.rotation",
        "systemctl stop logrotate.timer",
        "systemctl start logrotate.timer",
        "logrotate.timer",
    ),
    Sabotage(
        "a log without an end",
        "logs.size",
        f"keep {LOG}; truncate -s 2G {LOG}",
        _LESS,
        "2048 MiB",
        ("logs.structured",),
    ),
]
