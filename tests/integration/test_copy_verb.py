"""The verb `holdfast copy`: logins of podman, exit codes, and a run that is killed."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from holdfast.preview import Preview
from tests.integration.copied import client, get
from tests.integration.gated import PASSWORD, behind_gate

HOSTS = """\
registry:
  hosts:
    r1:
      registry_hostname: localhost
      registry_distribution_checksum: sha256:{checksum}
      registry_proxy_port: {port}
      registry_tls_mode: private_ca
      registry_tls_ca_directory: {trust}
      registry_auth_users: [{{name: alice, password: {password}}}]
"""


@pytest.fixture(scope="module")
def two(registry_binary: Path) -> Iterator[tuple[Preview, Preview]]:
    with ExitStack() as stack:
        yield (
            stack.enter_context(behind_gate(registry_binary, "memory")),
            stack.enter_context(behind_gate(registry_binary, "memory")),
        )


@pytest.fixture
def argv(two: tuple[Preview, Preview], tmp_path: Path) -> list[str]:
    """The command that copies all between the two, without a login in it."""
    ours, other = two
    port, trust = ours.settings.proxy.port, ours.ca_file.parent
    text = HOSTS.format(checksum="a" * 64, port=port, trust=trust, password=PASSWORD)
    (tmp_path / "hosts.yml").write_text(text)
    login = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
    name = f"localhost:{other.settings.proxy.port}"
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {name: {"auth": login}}}))
    found = [sys.executable, "-m", "holdfast", "copy", name, "-i", str(tmp_path)]
    return [*found, "--remote-ca", str(other.ca_file)]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    own = {"XDG_STATE_HOME": str(tmp_path), "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}
    return {**os.environ, **own}


def test_a_run_that_is_killed_is_continued(
    two: tuple[Preview, Preview], argv: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    ours, other = two
    images = {f"1.{number}": two_layer_image(f"killed {number}") for number in range(12)}
    for tag, image in images.items():
        client(other).push("killed/app", tag, image)
    argv = [*argv, "--include", "killed/*", "--json"]
    slow = subprocess.Popen([*argv, "--bandwidth", "2000"], env=environment)
    journal, deadline = tmp_path / "holdfast/copies", time.monotonic() + 60
    while len([line for one in journal.glob("*") for line in one.open()]) < 12:
        assert time.monotonic() < deadline
        assert slow.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    slow.send_signal(signal.SIGKILL)
    slow.wait()
    known = {line.split()[-1] for one in journal.glob("*") for line in one.open()}
    blobs = [digest for image in images.values() for digest in image.blobs]
    target = client(ours)
    there = [tag for tag in images if get(target, "killed/app", tag)[0] == 200]
    assert len(there) < len(images)
    for tag in there:
        assert target.pull("killed/app", tag) == images[tag]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["unchanged"], len(found["images"])) == (len(there), len(images) - len(there))
    assert known.intersection(blobs)
    assert found["blobs"] <= len([digest for digest in blobs if digest not in known])
    for tag, image in images.items():
        assert target.pull("killed/app", tag) == image
    again = subprocess.run(argv[:-1], env=environment, capture_output=True, text=True, check=True)
    assert "0 copied and compared, 12 there already; 0.0 MiB in 0 blobs" in again.stdout


def test_exit_codes(
    two: tuple[Preview, Preview], argv: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    client(two[1]).push("codes/app", "1", two_layer_image("codes"))
    (tmp_path / "none.json").write_text("{}")
    unknown = {"REGISTRY_AUTH_FILE": str(tmp_path / "none.json")}
    cases = {
        2: ([*argv, "--to", "elsewhere.example"], {}, "expected one registry"),
        4: ([*argv, "--include", "codes/app"], unknown, "podman login"),
        5: ([*argv, "--include", "codes/app", "--include", "codes/none"], {}, "found none"),
    }
    for code, (words, more, text) in cases.items():
        done = subprocess.run(
            words, env={**environment, **more}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, text in done.stdout + done.stderr) == (code, True), done
        assert PASSWORD not in done.stdout + done.stderr


def test_a_timer_is_not_asked_for_a_password(argv: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*argv, "--remote-user", "bob"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Set HOLDFAST_COPY_REMOTE_PASSWORD" in done.stderr
