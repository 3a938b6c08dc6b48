"""Check that inventories of holdfast init pass check and render, by Ansible itself."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdfast.certificates import Authority

NAME = "registry.acme.example"
CASES = {
    "the least": [],
    "all of it": [
        *("--host", "192.0.2.7", "--ssh-user", "ann", "--user", "hub", "--mirror", "--token"),
        *("--vault-password-file", "password"),
    ],
    "acme": ["--tls", "acme", "--accept-terms", "--mirror"],
    "own": [
        "--tls",
        "own",
        "--certificate",
        "c.pem",
        "--key",
        "k.pem",
        "--ca",
        "ca.pem",
        "--token",
    ],
    "external": ["--tls", "external", "--load-balancer", "10.0.0.5", "--mirror"],
    "an imported one": ["--from", "config.yml", "--host", "192.0.2.7"],
}


def holdfast(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "holdfast", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("case", CASES)
def test_an_inventory_passes_check_and_render(case: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = Authority.create("other", 30, now)
    pair = authority.issue(NAME, 30, now)
    (tmp_path / "ca.pem").write_text(authority.pem)
    (tmp_path / "c.pem").write_text(pair.certificate_pem)
    (tmp_path / "k.pem").write_text(pair.key_pem)
    (tmp_path / "config.yml").write_text(
        "version: 0.1\nstorage: {filesystem: {rootdirectory: /data}}\nhttp: {addr: ':5000'}\n"
    )
    done = holdfast(tmp_path, "init", "acme", "--hostname", NAME, "--json", *CASES[case])
    assert done.returncode == 0, done.stdout + done.stderr
    words = shlex.split(json.loads(done.stdout)["next"])
    options = words[words.index("-i") :]
    checked = holdfast(tmp_path, "check", *options)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "settings are good" in checked.stdout
    rendered = holdfast(tmp_path, "render", "-o", "out", *options)
    assert rendered.returncode == 0, rendered.stdout + rendered.stderr
    config = (tmp_path / "out" / NAME / "registry/config.yml").read_text()
    assert "version: 0.1" in config or 'version: "0.1"' in config


def test_a_certificate_that_check_would_refuse_is_refused(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    pair = Authority.create("other", 30, now).issue("another.example", 30, now)
    (tmp_path / "c.pem").write_text(pair.certificate_pem)
    (tmp_path / "k.pem").write_text(pair.key_pem)
    files = ["--certificate", "c.pem", "--key", "k.pem"]
    done = holdfast(tmp_path, "init", "acme", "--hostname", NAME, "--tls", "own", *files)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "registry_tls_certificate: " in done.stderr
    assert not (tmp_path / "acme").exists()


def test_diff_is_a_deploy_in_check_mode(tmp_path: Path) -> None:
    holdfast(tmp_path, "init", "acme", "--hostname", NAME, "--host", "nothing.invalid")
    seen = [
        holdfast(tmp_path, *verb, "-i", "acme", "--json")
        for verb in (["diff"], ["deploy", "--check", "--diff"])
    ]
    assert [done.returncode for done in seen] == [3, 3], seen[0].stdout + seen[0].stderr
    events = [[_timeless(line) for line in done.stdout.splitlines()] for done in seen]
    assert events[0] == events[1] != []


def _timeless(line: str) -> dict[str, object]:
    """Return an event without its times."""
    return {key: value for key, value in json.loads(line).items() if "second" not in key}
