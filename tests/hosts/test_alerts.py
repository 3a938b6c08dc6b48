"""Alerts on a host: Debian's Prometheus and Alertmanager see each thing go wrong, and mended.

The rules are those that `holdfast metrics rules` prints, with shorter times. promtool alone proves
those that are not seen here (tests/integration/test_alerts.py).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from holdfast.monitoring.rules import ALERTS, rules_file
from holdfast.schema.alerts import SEEN
from tests.hosts.conftest import Site

BLOBS = "/srv/registry/docker/registry/v2"
NAMES = re.compile(r"\bholdfast_\w+")
RECEIVED = "/root/alerts.jsonl"
SHORTER = {"5m": "10s", "30m": "10s", "1h": "20s", "6h": "20s", "30d": "60s", "3d": "300s"}
FORECAST = "HoldfastDiskFillsUp"
"""Alert that a forecast from seconds makes fire, if the disk of this machine is nearly full."""
PROMETHEUS = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [/etc/prometheus/holdfast.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:9093"]}]}]}
scrape_configs: [{job_name: holdfast, static_configs: [{targets: ["127.0.0.1:9464"]}]}]
"""
ALERTMANAGER = """
route: {receiver: file, group_by: ["..."], group_wait: 0s, group_interval: 1s}
receivers: [{name: file, webhook_configs: [{url: "http://127.0.0.1:9990", send_resolved: true}]}]
"""
RECEIVER = f"""
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        with open("{RECEIVED}", "ab") as stream:
            stream.write(text.strip() + b"\\n")
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", 9990), Handler).serve_forever()
"""
ENDING = (
    *("HoldfastCertificateEnds", "HoldfastCertificateEndsSoon", "HoldfastCertificateProblem"),
    "HoldfastQuotaNearlyFull",
)
GUESSING = ("HoldfastGuessing",)
DOWN = (
    *("HoldfastDown", "HoldfastErrors", "HoldfastPullBudgetFast", "HoldfastPullBudgetSlow"),
    *("HoldfastPushBudgetFast", "HoldfastPushBudgetSlow"),
)
SILENT = ("HoldfastSilent", "HoldfastNoHost")
LOST, FAILED, LATE = ("HoldfastLogLost",), ("HoldfastJobFailed",), ("HoldfastJobLate",)
DAMAGED = ("HoldfastDamage",)
UNMADE = {
    *("holdfast_backup_proven_timestamp_seconds", "holdfast_backup_broken_manifests"),
    *("holdfast_retention_damaged", "holdfast_robot_expires_timestamp_seconds"),
}
"""Metrics of a backup, of retention and of robots, which this host has not."""
QUOTA = {"repositories": ["full/**"], "bytes": "1GiB", "tags": 1}


def shortened(rules: str) -> str:
    """Return rules that wait three seconds, with shorter windows."""
    waiting = re.sub(r"for: [1-9]\w*", "for: 3s", rules)
    return re.sub(r"\[(\w+)\]", lambda found: f"[{SHORTER[found[1]]}]", waiting)


def install(site: Site) -> None:
    """Install Prometheus, Alertmanager and a receiver, which only this host reaches."""
    quiet = "DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends"
    files = {
        "/etc/prometheus/holdfast.yml": shortened(rules_file()),
        "/etc/prometheus/prometheus.yml": PROMETHEUS,
        "/etc/prometheus/alertmanager.yml": ALERTMANAGER,
        "/root/receiver.py": RECEIVER,
    }
    site.host.run("mkdir -p /etc/prometheus; printf 'exit 101' > /usr/sbin/policy-rc.d")
    site.host.run(f"chmod +x /usr/sbin/policy-rc.d; {quiet} prometheus prometheus-alertmanager")
    for path, text in files.items():
        site.host.run(f"cat > {path}", text=text)
    site.host.run("promtool check config /etc/prometheus/prometheus.yml")
    site.host.run(
        f"touch {RECEIVED}; systemd-run -q --unit receiver python3 /root/receiver.py; "
        "systemctl start prometheus-alertmanager prometheus"
    )


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host that is watched, with a quota that is full and a certificate that ends too soon."""
    made = new_site()
    made.deploy(
        registry_metrics_listen="127.0.0.1:9464",
        registry_quotas=[QUOTA],
        registry_tls_days=2,
        registry_tls_renew_days=1,
    )
    made.client().push("full/one", "one", two_layer_image("full"))
    for job in ("gc", "certificates", "storage", "scrub"):
        made.host.run(f"systemctl start holdfast-{job}.service", check=False)
    install(made)
    return made


def events(site: Site) -> list[tuple[str, str]]:
    """Return name and status of the alerts that the receiver has got."""
    lines = site.host.run(f"cat {RECEIVED}").stdout.splitlines()
    alerts = [one for line in lines for one in json.loads(line)["alerts"]]
    for one in alerts:
        assert one["annotations"]["command"].startswith("holdfast ")
    return [(one["labels"]["alertname"], one["status"]) for one in alerts]


def awaited(site: Site, status: str, *names: str) -> None:
    """Wait until the last news of each alert is a status."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        last = dict(events(site))
        if all(last.get(name) == status for name in names):
            return
        time.sleep(1)
    raise AssertionError((status, names, events(site)))


def test_a_full_quota_and_a_short_certificate_and_no_alert_by_a_deploy(site: Site) -> None:
    awaited(site, "firing", *ENDING)
    site.deploy(
        registry_quotas=[{**QUOTA, "tags": 50}], registry_tls_days=90, registry_tls_renew_days=30
    )
    site.host.run("systemctl start holdfast-gc.service holdfast-certificates.service")
    awaited(site, "resolved", *ENDING)
    assert {name for name, _ in events(site)} - {FORECAST} == set(ENDING)


def test_every_metric_of_a_rule_is_scraped(site: Site) -> None:
    scrape = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9464/metrics').read().decode())"
    found = set(NAMES.findall(site.host.run(f'python3 -c "{scrape}"').stdout))
    read = {name for one in ALERTS for name in NAMES.findall(one.expr)}
    assert read - found == UNMADE


def test_wrong_logins(site: Site) -> None:
    stranger = site.client("alice", "wrong")
    for _ in range(100):
        stranger.request("GET", "/v2/")
    awaited(site, "firing", *GUESSING)
    awaited(site, "resolved", *GUESSING)


def test_a_registry_that_is_down(site: Site) -> None:
    unit = f"holdfast-registry@{site.current()}.service"
    # The figures look at the registry when they start, and once a minute.
    site.host.run(f"systemctl stop {unit}; systemctl restart holdfast-facts.service")
    client = site.client()
    for _ in range(40):
        assert client.request("GET", "/v2/team/a/manifests/one").status >= 500
        assert client.request("POST", "/v2/team/a/blobs/uploads/").status >= 500
        time.sleep(0.1)
    awaited(site, "firing", *DOWN)
    site.host.run(f"systemctl start {unit}; sleep 2; systemctl restart holdfast-facts.service")
    for _ in range(10):
        site.client().request("GET", "/v2/team/a/manifests/one")
    awaited(site, "resolved", *DOWN)


def test_a_host_that_is_silent_and_a_log_that_is_lost(site: Site) -> None:
    site.host.run("systemctl stop holdfast-facts.socket holdfast-facts.service")
    awaited(site, "firing", *SILENT)
    site.host.run(
        "rm /var/log/holdfast/access.log*; systemctl kill -s USR1 holdfast-proxy.service; sleep 1"
    )
    site.client().request("GET", "/v2/")
    site.host.run("systemctl start holdfast-facts.socket holdfast-facts.service")
    awaited(site, "firing", *LOST)
    awaited(site, "resolved", *SILENT, *LOST)


@pytest.mark.trial
def test_a_job_that_fails_and_one_that_is_late(site: Site) -> None:
    gate = "holdfast-gate-control.socket holdfast-gate.socket holdfast-gate.service"
    site.host.run(f"systemctl stop {gate}; systemctl start holdfast-gc.service", check=False)
    awaited(site, "firing", *FAILED)
    site.deploy()
    site.host.run("systemctl start holdfast-gc.service")
    awaited(site, "resolved", *FAILED)
    # As if the clock had gone on for days, and the timer had not.
    site.host.run('sed -i \'s/"good": [0-9.]*/"good": 1000.0/\' /var/lib/holdfast/jobs/gc.json')
    awaited(site, "firing", *LATE)
    site.host.run("systemctl start holdfast-gc.service")
    awaited(site, "resolved", *LATE)


@pytest.mark.trial
def test_a_flipped_bit(site: Site) -> None:
    image = two_layer_image("hurt")
    site.client().push("team/hurt", "one", image)
    path = f"{BLOBS}/{blob(next(iter(image.blobs)))}"
    site.host.run(f"printf X | dd of={path} bs=1 conv=notrunc status=none")
    assert site.holdfast("scrub", "--now").returncode == 6
    awaited(site, "firing", *DAMAGED)
    site.client().push("team/hurt", "one", image)
    assert site.holdfast("scrub").returncode == 0
    awaited(site, "resolved", *DAMAGED)


def test_the_page_names_those_that_are_seen_here() -> None:
    seen = {*ENDING, *GUESSING, *DOWN, *SILENT, *LOST, *FAILED, *LATE, *DAMAGED}
    assert set(SEEN) == seen
