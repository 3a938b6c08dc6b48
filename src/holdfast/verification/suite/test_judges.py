"""What judges of TLS say, where they are installed on this machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from holdfast.settings import Settings
from holdfast.settings.tls import PrivateCA
from holdfast.verification.outside import Endpoint
from holdfast.verification.words import listed, told

MILD = {"OK", "INFO", "LOW", "WARN"}
"""WARN is what testssl.sh says of itself: that it could not look for something."""
NO_REVOCATION = "cert_revocation"
"""Told of each private authority: there is nobody to ask; its certificates live shortly instead."""
OLDEST_TESTSSL = "3.2"
JUDGED_WITHIN_SECONDS = 600


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


def _installed(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
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
