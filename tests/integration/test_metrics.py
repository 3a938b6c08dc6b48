"""Metrics by real parts: nginx's log is counted, and only the right token sees the counts."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    over_tls,
    two_layer_image,
)

from holdfast.preview import Preview
from holdfast.settings import parse
from testhosts.machine import HarnessError
from testhosts.unpacked import unpacked
from tests.scrapes import answered, value
from tests.skips import lacks

NAME, PASSWORD, TOKEN = "registry.example.com", "correct-horse-battery", "a1" * 32
PULLS = 'holdfast_pulls_total{folder="team"}'


@pytest.fixture(scope="module")
def preview(registry_binary: Path) -> Iterator[Preview]:
    settings = parse(
        {
            "registry_hostname": NAME,
            "registry_distribution_checksum": "sha256:" + "a" * 64,
            "registry_auth_users": [{"name": "alice", "password": PASSWORD}],
            "registry_metrics_listen": "127.0.0.1:9464",
            "registry_metrics_token": TOKEN,
        }
    )
    with Preview(settings, registry_binary) as running:
        yield running


def scrape(preview: Preview, token: str = TOKEN, path: str = "/metrics") -> tuple[int, str]:
    """Return status and text of a request for metrics."""
    connection = http.client.HTTPConnection("127.0.0.1", preview.settings.metrics.port, timeout=20)
    return answered(connection, token, path)


def pull(preview: Preview, repository: str, times: int = 1) -> None:
    """Push an image, and pull it."""
    place, _, port = preview.settings.authority.rpartition(":")
    client = over_tls(place, int(port), address="127.0.0.1", cafile=str(preview.ca_file))
    client = client.login("alice", PASSWORD)
    client.push(repository, "one", two_layer_image(repository))
    for _ in range(times):
        client.pull(repository, "one")


def logged(preview: Preview, name: str = "access.log") -> int:
    """Return the number of pulls of `team` that a file of the log has."""
    text = (preview.scratch / "logs" / name).read_text(errors="replace")
    lines = [one for one in text.splitlines() if '"uri":"/v2/team/' in one and "/manifests/" in one]
    return sum('"method":"GET"' in one and '"status":200' in one for one in lines)


def test_requests_are_counted_and_no_repository_is_named(preview: Preview) -> None:
    pull(preview, "team/counted", times=3)
    status, text = scrape(preview)
    assert status == 200 and value(text, PULLS) == logged(preview) >= 3
    assert value(text, "holdfast_received_bytes_total") > 0
    assert "team/counted" not in text and 'route="manifest"' in text


def test_the_registry_is_seen_through_the_proxy(preview: Preview) -> None:
    assert value(scrape(preview)[1], "holdfast_up") == 1


@pytest.mark.parametrize("token", ["", "wrong" * 10, TOKEN[:-1], TOKEN + "a"])
def test_a_wrong_token_sees_nothing(preview: Preview, token: str) -> None:
    status, text = scrape(preview, token)
    assert status == 401 and "holdfast_" not in text


def test_no_other_path_is_there(preview: Preview) -> None:
    assert [scrape(preview, path=path)[0] for path in ("/", "/v2/", "/debug/pprof/")] == [404] * 3


def test_a_rotation_and_raw_bytes_lose_no_request(preview: Preview) -> None:
    pull(preview, "team/before")
    log = preview.scratch / "logs/access.log"
    before = value(scrape(preview)[1], PULLS)
    with log.open("ab") as stream:
        stream.write(b"\xff\xfe{ not a line of JSON\n")
    log.rename(f"{log}.1")
    # What nginx writes before it opens the new file is in the old one.
    pull(preview, "team/between", times=2)
    os.kill(preview.pid("nginx"), signal.SIGUSR1)
    while not log.exists():
        time.sleep(0.01)
    pull(preview, "team/after", times=2)
    text = scrape(preview)[1]
    both = logged(preview, "access.log.1") + logged(preview)
    assert value(text, PULLS) == both >= before + 4
    assert value(text, "holdfast_unreadable_lines_total") == 1
    assert value(text, "holdfast_log_gaps_total") == 0


def test_promtool_finds_nothing_wrong(preview: Preview) -> None:
    try:
        promtool = unpacked("prometheus", ["prometheus"]) / "usr/bin/promtool"
    except HarnessError as error:
        lacks("package", str(error))
    pull(preview, "team/checked")
    found = subprocess.run(
        [promtool, "check", "metrics"],
        input=scrape(preview)[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
