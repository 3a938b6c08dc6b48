"""Run a second registry on a test host as an upstream of mirrors, with a login and a CA.

It is a unit of its own: `systemctl stop upstream` simulates an upstream that is down.
"""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bcrypt

from holdfast.certificates import Authority
from testhosts import binary
from testhosts.host import Host

NAME = "upstream.test"
PORT = 5443
URL = f"https://{NAME}:{PORT}"
USER = "puller"
PASSWORD = 'up "stream": #$ecret'
"""Contains characters that a shell, YAML or systemd could misread."""
_START = """
grep -q upstream.test /etc/hosts || echo 127.0.0.1 upstream.test >> /etc/hosts
systemctl is-active -q upstream && exit 0
systemctl reset-failed upstream 2>/dev/null
systemd-run -q --unit upstream -p Restart=no -E OTEL_TRACES_EXPORTER=none \
  /opt/upstream/registry serve /opt/upstream/config.yml
for _ in $(seq 100); do ss -Hltn 'sport = :5443' | grep -q . && exit 0; sleep 0.1; done; exit 1
"""


def serve(host: Host) -> str:
    """Start the registry; return the authority of its certificate as PEM."""
    company, now = Authority.create("upstream", 30, datetime.now(UTC)), datetime.now(UTC)
    pair = company.issue(NAME, 30, now)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    config: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": "/opt/upstream/data"}},
        "auth": {"htpasswd": {"realm": "Upstream", "path": "/opt/upstream/htpasswd"}},
        "http": {
            "addr": f"0.0.0.0:{PORT}",
            "secret": "0" * 32,
            "tls": {"certificate": "/opt/upstream/tls.crt", "key": "/opt/upstream/tls.key"},
        },
    }
    files = {
        "htpasswd": f"{USER}:{hashed}\n",
        "tls.crt": pair.certificate_pem,
        "tls.key": pair.key_pem,
        "config.yml": json.dumps(config),
    }
    host.run("mkdir -p -m 0700 /opt/upstream")
    for name, text in files.items():
        host.run(f"cat > /opt/upstream/{name}", text=text)
    with Path(binary.obtain()["path"]).open("rb") as stream:
        put = "cat > /opt/upstream/registry && chmod 755 /opt/upstream/registry"
        subprocess.run([*host.ssh_command(), put], stdin=stream, check=True)
    start(host)
    return company.root_pem


def start(host: Host) -> None:
    """Start the stopped registry, and wait until it listens."""
    host.run(_START)
