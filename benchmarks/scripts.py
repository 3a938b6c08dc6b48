"""Run the baseline: reach the state of a deploy with a shell script over one ssh connection."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from benchmarks.lab import NAME, PASSWORD, Bench
from testhosts.hosts import Host

PLACES = (
    "etc/holdfast etc/systemd/system/holdfast* etc/systemd/system/multi-user.target.wants/holdfast*"
    " etc/tmpfiles.d/holdfast.conf etc/sysusers.d/holdfast.conf etc/logrotate.d/holdfast"
    " opt/holdfast"
)
HASHED = "find /etc/holdfast /opt/holdfast -type f ! -name history.jsonl -exec sha256sum {} +"
UNITS = "systemctl list-units --plain --no-legend --state=active 'holdfast*' | cut -d' ' -f1"
SMOKE = f"""
import http.client, base64, socket, ssl, time
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
def status(**headers):
    plain = socket.create_connection(("127.0.0.1", 443), 5)
    link = http.client.HTTPSConnection("{NAME}", 443)
    link.sock = tls.wrap_socket(plain, server_hostname="{NAME}")
    link.request("GET", "/v2/", headers=headers)
    return link.getresponse().status
login = "Basic " + base64.b64encode(b"alice:{PASSWORD}").decode()
for attempt in range(100):
    try:
        answers = status(), status(Authorization=login)
    except OSError:
        answers = None
    if answers == (401, 200):
        break
    time.sleep(0.05)
else:
    raise SystemExit(f"expected 401 and 200, got {{answers}}")
"""
FRESH = """
set -e
dpkg-query -W nginx logrotate >/dev/null
systemd-sysusers - <<'END'
{users}
END
tar -x -p -f - -C /
systemd-tmpfiles --create /etc/tmpfiles.d/holdfast.conf
systemctl daemon-reload
systemctl start holdfast.target
python3 - <<'END'
{smoke}
END
"""
NOTHING = """
set -e
dpkg-query -W nginx logrotate >/dev/null
sha256sum --check --quiet <<'END'
{hashes}
END
systemctl --quiet is-active {units}
python3 - <<'END'
{smoke}
END
"""


class Script:
    """Files of a deployed host, to copy to others without holdfast."""

    def __init__(self, bench: Bench) -> None:
        host = bench.host
        self._archive = bench.folder / "baseline.tar"
        with self._archive.open("wb") as archive:
            pack = [*host.ssh_command(), f"cd /; tar -c {PLACES}"]
            subprocess.run(pack, stdout=archive, check=True)
        users = host.run("cat /etc/sysusers.d/holdfast.conf").stdout
        self._fresh = FRESH.format(users=users, smoke=SMOKE)
        self._nothing = looking(host)

    def fresh(self, host: Host) -> float:
        """Set up a host that has the packages; return the seconds."""
        return timed(host, self._fresh, self._archive)

    def nothing(self, host: Host) -> float:
        """Check that a host is unchanged; return the seconds."""
        return timed(host, self._nothing)


def looking(host: Host) -> str:
    """Return the script that checks if a deployed host is unchanged."""
    units = " ".join(f"'{unit}'" for unit in host.run(UNITS).stdout.split())
    return NOTHING.format(hashes=host.run(HASHED).stdout, units=units, smoke=SMOKE)


def timed(host: Host, script: str, sent: Path = Path("/dev/null")) -> float:
    """Run a script over a new connection, with a file as its input; return the seconds."""
    begun = time.monotonic()
    with sent.open("rb") as stream:
        argv = [*host.ssh_command(), script]
        done = subprocess.run(argv, stdin=stream, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    if done.returncode:
        raise RuntimeError(f"{host.name}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return seconds
