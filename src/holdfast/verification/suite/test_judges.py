"""What judges of TLS and ssh say, where they are installed on this machine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from holdfast.rendering.hardening import CLASSIC
from holdfast.settings import Settings
from holdfast.settings.tls import PrivateCA
from holdfast.verification.outside import Endpoint
from holdfast.verification.target import Connection, Target
from holdfast.verification.words import listed, told

MILD = {"OK", "INFO", "LOW", "WARN"}
"""WARN is what testssl.sh says of itself: that it could not look for something."""
NO_REVOCATION = "cert_revocation"
"""Told of each private authority: there is nobody to ask; its certificates live shortly instead."""
OLDEST_TESTSSL = "3.2"
JUDGED_WITHIN_SECONDS = 600
ALGORITHMS = {
    "kex": "ssh.key-exchange",
    "key": "ssh.host-keys",
    "enc": "ssh.ciphers",
    "mac": "ssh.macs",
}
"""Kinds of algorithms as ssh-audit names them, and the controls that say which are offered."""


@pytest.mark.check("tls.testssl")
def test_testssl_finds_nothing(own_tls: Endpoint, settings: Settings) -> None:
    program = _installed("testssl", "testssl.sh")
    version = re.search(r"testssl(?:\.sh)? +(\d+\.\d+)", _run(program, "--version", "--color", "0"))
    if version is None or version[1] < OLDEST_TESTSSL:
        pytest.skip(f"testssl.sh {OLDEST_TESTSSL} or newer is not installed on this machine")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "findings.json")
        trust = ["--add-ca", own_tls.cafile] if own_tls.cafile else []
        quiet = ["--quiet", "--color", "0", "--warnings", "batch", "--ip", own_tls.address]
        _run(program, *quiet, *trust, "--jsonfile", str(report), _address(own_tls, own_tls.host))
        found = json.loads(report.read_text() or "[]") if report.exists() else []
    assert found, told("a judgement of testssl.sh", "none", "Run it by hand")
    mild = {NO_REVOCATION} if isinstance(settings.tls, PrivateCA) else set()
    bad = [
        f"{one['id']}: {one['finding']}"
        for one in found
        if one["severity"] not in MILD and one["id"] not in mild
    ]
    assert not bad, listed(bad)


@pytest.mark.check("tls.sslyze")
def test_sslyze_calls_it_what_mozilla_asks_for(own_tls: Endpoint, settings: Settings) -> None:
    program = _installed("sslyze")
    trust = ["--certinfo_ca_file", own_tls.cafile] if own_tls.cafile else []
    profile = getattr(settings.tls, "profile", "intermediate")
    place = _address(own_tls, own_tls.address).removeprefix("https://")
    said = _run(program, "--sni", own_tls.host, *trust, "--mozilla_config", profile, place)
    verdict = [line.strip() for line in said.splitlines() if "ompliant" in line]
    wanted = f"to be compliant with Mozilla's profile {profile}"
    assert any("OK - Compliant" in line for line in verdict), told(wanted, verdict or said[-300:])


@pytest.mark.check("ssh.audit")
def test_ssh_audit_finds_nothing(target: Target, settings: Settings) -> None:
    chosen = settings.hardening
    if chosen.profile != "host":
        pytest.skip(f"registry_hardening_profile is {chosen.profile}")
    left_out = sorted(chosen.exceptions.keys() & set(ALGORITHMS.values()))
    if left_out:
        pytest.skip(f"left out: {left_out[0]}: {chosen.exceptions[left_out[0]]}")
    program = _installed("ssh-audit")
    address, port = _ssh(target.connection, chosen.ssh_port)
    # Its test of how many connections are taken is itself a load that the firewall refuses.
    said = _run(program, "--skip-rate-test", "--json", "--port", port, address)
    assert said.startswith("{"), told("a judgement of ssh-audit", said[-300:], "Run it by hand")
    mild = CLASSIC if chosen.ssh_clients == "compatible" else ()
    bad = [
        f"{one['algorithm']}: {grade}: {note}"
        for kind in ALGORITHMS
        for one in json.loads(said)[kind]
        for grade in ("fail", "warn")
        for note in one["notes"].get(grade, [])
        if grade == "fail" or one["algorithm"] not in mild
    ]
    assert not bad, listed(bad)


def _ssh(connection: Connection | None, port: int) -> tuple[str, str]:
    """Return address and port of sshd as this machine reaches it; skip when it does not."""
    if connection is None:
        pytest.skip("looked at from outside only: where ssh is reached is not known")
    if connection.spec == "local://":
        return "127.0.0.1", str(port)
    options = shlex.split(connection.ssh_args)
    words = _run("ssh", *options, "-G", connection.spec).splitlines()
    asked = dict(line.split(" ", 1) for line in words if " " in line)
    if asked.keys() & {"proxyjump", "proxycommand"}:
        pytest.skip("ssh is reached by way of another machine")
    return asked["hostname"], asked["port"]


def _installed(*names: str) -> str:
    own = str(Path(sys.executable).parent)  # of the environment that holdfast is installed in
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), own])
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    if found is None:
        pytest.skip(f"{names[-1]} is not installed on this machine")
    return found


def _address(place: Endpoint, host: str) -> str:
    return f"https://{f'[{host}]' if ':' in host else host}:{place.port}"


def _run(*argv: str) -> str:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=JUDGED_WITHIN_SECONDS
    )
    return done.stdout
