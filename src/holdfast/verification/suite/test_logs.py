"""Check the content of logs, and that they contain no secrets."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from holdfast.rendering import HOST, blobs
from holdfast.settings import Settings
from holdfast.verification.host_facts import ACCESS_LOG, Facts
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.skips import AGAIN, not_applicable, not_checked

FIELDS = {"time", "address", "user", "method", "uri", "status", "bytes", "seconds"}
LARGEST_BYTES = 1 << 30
"""Ten times the size at which a log is rotated each day."""
SECRET = re.compile(
    r"Basic [A-Za-z0-9+/=]{8}|Bearer [A-Za-z0-9_-]{8}|\$2[aby]\$\d\d\$"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
UPLOAD_TOKEN = re.compile(r"_state=\S{8}")
"""State token of an upload, useless without a login. The registry logs it in errors that only root
can read."""
AWAY = re.compile(r'^panic: Get "https?://[^/"]+/v2/": ')
"""Message of a mirror that ends without its upstream and is restarted; see mirrors.answer."""
DEATHS = re.compile(r"^(panic:|fatal error:|SIGSEGV)|process \d+ exited on signal")


@pytest.fixture(scope="session")
def access(facts: Facts) -> list[str]:
    """Return the last lines of the access log."""
    lines: list[str] = facts.logs[ACCESS_LOG].get("lines", [])
    if not lines:
        not_checked("no request since the last log rotation", AGAIN)
    return lines


@pytest.mark.check("logs.structured")
def test_each_request_is_one_object(access: list[str]) -> None:
    parsed = [_parsed(line) for line in access]
    problems = [f"line {n} from the end is no object" for n, p in _from_end(parsed) if p is None]
    missing = {name for entry in parsed if entry for name in FIELDS - entry.keys()}
    problems += [f"some have no {name}" for name in sorted(missing)]
    assert not problems, listed(problems)


@pytest.mark.check("logs.access")
def test_no_secret_is_in_the_access_log(access: list[str], settings: Settings) -> None:
    _clean(access, ACCESS_LOG, settings)
    tokens = [line for line in access if UPLOAD_TOKEN.search(line)]
    assert not tokens, listed([f"{ACCESS_LOG} has tokens of uploads"])


@pytest.mark.check("images.from-disk")
def test_the_proxy_sends_layers_itself(access: list[str], settings: Settings) -> None:
    why = blobs.why_proxied(settings)
    if why:
        not_applicable(f"the registry sends them: {why}")
    upstreams = [entry["upstream"] for entry in map(_parsed, access) if entry and _is_layer(entry)]
    if not upstreams:
        not_checked("no layer was pulled since the log was last rotated", AGAIN)
    todo = "Look at: storage.readable, files.data"
    assert "" in upstreams, mismatch(
        "layers from the disk", f"{len(upstreams)} from the registry", todo
    )


@pytest.mark.check("logs.journal")
def test_no_secret_is_in_the_journal(facts: Facts, settings: Settings) -> None:
    lines: list[str] = facts.extra["journal"]
    _clean(lines, "the journal", settings)


@pytest.mark.check("logs.deaths")
def test_no_service_died_of_itself(facts: Facts) -> None:
    found = [
        line[:160]
        for line in facts.extra["journal"]
        if DEATHS.search(line) and not AWAY.match(line)
    ]
    assert not found, listed(found, "Look at: journalctl -u 'holdfast-*'")


@pytest.mark.check("logs.rotation")
def test_the_access_log_is_rotated(facts: Facts) -> None:
    config = f"{HOST.etc}/{facts.current}/logrotate/holdfast"
    found = facts.programs["/etc/logrotate.d/holdfast"]
    assert found and found == facts.programs[f"{HOST.etc}/current/logrotate/holdfast"], mismatch(
        f"/etc/logrotate.d/holdfast to lead to {config}", "another file" if found else "nothing"
    )
    state = facts.units.get("logrotate.timer", {}).get("ActiveState")
    todo = "Run: systemctl enable --now logrotate.timer"
    assert state == "active", mismatch("logrotate.timer to be active", state, todo)


@pytest.mark.check("logs.size")
def test_the_access_log_does_not_fill_the_disk(facts: Facts) -> None:
    size = facts.logs[ACCESS_LOG].get("size", 0)
    todo = "Run: logrotate --force /etc/logrotate.d/holdfast"
    wanted = f"at most {LARGEST_BYTES >> 20} MiB"
    assert size <= LARGEST_BYTES, mismatch(wanted, f"{size >> 20} MiB", todo)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _is_layer(entry: dict[str, Any]) -> bool:
    """Return True if a line is about a layer that was sent in full."""
    whole = (entry.get("method"), entry.get("status")) == ("GET", 200)
    return whole and "upstream" in entry and "/blobs/sha256:" in str(entry.get("uri"))


def _from_end(entries: list[Any]) -> list[tuple[int, Any]]:
    return [(len(entries) - number, entry) for number, entry in enumerate(entries)]


def _clean(lines: list[str], where: str, settings: Settings) -> None:
    known = [user.password.get_secret_value() for user in settings.users if user.password]
    # The match is a secret: only its kind is shown.
    kinds = {match[0][:8] + "…" for line in lines if (match := SECRET.search(line))}
    problems = [f"{where} has {kind}" for kind in sorted(kinds)]
    problems += [f"{where} has a password" for p in known if any(p in line for line in lines)]
    assert not problems, listed(problems, "Remove these lines, and change the secret")
