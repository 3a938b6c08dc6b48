"""Run scanners of TLS and ssh, if they are installed on this machine."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from holdfast.rendering.hardening_plan import CLASSIC
from holdfast.settings import Settings
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.scanners import version_of_testssl
from holdfast.verification.skips import INSIDE, left_out_of_hardening, not_applicable, not_checked
from holdfast.verification.target import Connection, Target

MILD = {"OK", "INFO", "LOW", "WARN"}
"""WARN is about testssl.sh itself: it could not check something."""
NO_REVOCATION = "cert_revocation"
"""Reported for each private authority: it has no responder; its certificates are short-lived."""
UNABLE = "scanProblem"
"""Reported when testssl.sh lacks something on this machine."""
OLDEST_TESTSSL = (3, 2)
JUDGED_WITHIN_SECONDS = 600
ALGORITHMS = {
    "kex": "ssh.key-exchange",
    "key": "ssh.host-keys",
    "enc": "ssh.ciphers",
    "mac": "ssh.macs",
}
"""Kinds of algorithms as ssh-audit names them, and the controls that choose them."""


@pytest.mark.check("tls.testssl")
def test_testssl_finds_nothing(tls_endpoint: Endpoint, settings: Settings) -> None:
    program = _installed("testssl", "testssl.sh")
    if version_of_testssl(_run(program, "--version", "--color", "0")) < OLDEST_TESTSSL:
        oldest = ".".join(map(str, OLDEST_TESTSSL))
        not_checked(f"testssl.sh {oldest} or newer is not installed on this machine", "Install it")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "findings.json")
        trust = ["--add-ca", tls_endpoint.cafile] if tls_endpoint.cafile else []
        quiet = ["--quiet", "--color", "0", "--warnings", "batch", "--ip", tls_endpoint.address]
        _run(
            program,
            *quiet,
            *trust,
            "--jsonfile",
            str(report),
            _address(tls_endpoint, tls_endpoint.host),
        )
        found = json.loads(report.read_text() or "[]") if report.exists() else []
    assert found, mismatch("a judgement of testssl.sh", "none", "Run it by hand")
    for one in found:
        if one["id"] == UNABLE:
            not_checked(f"testssl.sh could not scan: {one['finding']}", "Give it what it lacks")
    mild = {NO_REVOCATION} if settings.tls.private_authority else set()
    bad = [
        f"{one['id']}: {one['finding']}"
        for one in found
        if one["severity"] not in MILD and one["id"] not in mild
    ]
    assert not bad, listed(bad)


@pytest.mark.check("tls.sslyze")
def test_sslyze_calls_it_what_mozilla_asks_for(tls_endpoint: Endpoint, settings: Settings) -> None:
    program = _installed("sslyze")
    trust = ["--certinfo_ca_file", tls_endpoint.cafile] if tls_endpoint.cafile else []
    profile = "modern" if settings.tls.only_tls13 else "intermediate"
    place = _address(tls_endpoint, tls_endpoint.address).removeprefix("https://")
    output = _run(program, "--sni", tls_endpoint.host, *trust, "--mozilla_config", profile, place)
    verdict = [line.strip() for line in output.splitlines() if "ompliant" in line]
    wanted = f"to be compliant with Mozilla's profile {profile}"
    assert any("OK - Compliant" in line for line in verdict), mismatch(
        wanted, verdict or output[-300:]
    )


@pytest.mark.check("ssh.audit")
def test_ssh_audit_finds_nothing(target: Target, settings: Settings) -> None:
    chosen = settings.hardening
    if chosen.profile != "host":
        not_applicable(f"registry_hardening_profile is {chosen.profile}")
    left_out = sorted(chosen.exceptions.keys() & set(ALGORITHMS.values()))
    if left_out:
        left_out_of_hardening(settings, left_out[0])
    program = _installed("ssh-audit")
    address, port = _ssh(target.connection, chosen.ssh_port)
    # Its test of how many connections are taken is itself a load that the firewall refuses.
    output = _run(program, "--skip-rate-test", "--json", "--port", port, address)
    assert output.startswith("{"), mismatch(
        "a judgement of ssh-audit", output[-300:], "Run it by hand"
    )
    mild = CLASSIC if chosen.ssh_clients == "compatible" else ()
    bad = [
        f"{one['algorithm']}: {grade}: {note}"
        for kind in ALGORITHMS
        for one in json.loads(output)[kind]
        for grade in ("fail", "warn")
        for note in one["notes"].get(grade, [])
        if grade == "fail" or one["algorithm"] not in mild
    ]
    assert not bad, listed(bad)


def _ssh(connection: Connection | None, port: int) -> tuple[str, str]:
    """Return address and port of sshd; skip if this machine cannot reach it."""
    if connection is None:
        not_checked("looked at from outside only: where ssh is reached is not known", INSIDE)
    if connection.spec == "local://":
        return "127.0.0.1", str(port)
    options = shlex.split(connection.ssh_args)
    words = _run("ssh", *options, "-G", connection.spec).splitlines()
    resolved = dict(line.split(" ", 1) for line in words if " " in line)
    if resolved.keys() & {"proxyjump", "proxycommand"}:
        not_checked("ssh is reached by way of another machine", "Verify from that machine")
    return resolved["hostname"], resolved["port"]


def _installed(*names: str) -> str:
    own = str(Path(sys.executable).parent)  # of the environment that holdfast is installed in
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), own])
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    if found is None:
        not_checked(f"{names[-1]} is not installed on this machine", "Install it")
    return found


def _address(place: Endpoint, host: str) -> str:
    return f"https://{f'[{host}]' if ':' in host else host}:{place.port}"


def _run(*argv: str) -> str:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=JUDGED_WITHIN_SECONDS
    )
    return done.stdout
