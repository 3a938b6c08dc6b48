"""The home of a user of a client machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.clients.files import change
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    StepError,
)

from holdfast.clients import ClientFile, Plan
from holdfast.clients.script import script
from tests.unit.foreign.attacker import ATTACKER, ODD, SECRET, given


def _planned(path: Path) -> Any:
    file = {"path": str(path), "content": '{"auths": {"r": {}}}', "mode": 0o600, "how": "json"}
    return {"files": [file], "folders": [], "after": []}


@pytest.fixture
def home(secret: Path, tmp_path: Path) -> Path:
    assert secret.exists()
    folder = tmp_path / "home"
    folder.mkdir()
    given(folder)
    return folder


@pytest.mark.parametrize("kind", ODD)
def test_a_clients_set_up_reads_nothing_that_its_user_cannot(
    kind: str, home: Path, secret: Path
) -> None:
    (home / ".docker").mkdir()
    ODD[kind](home / ".docker/config.json", secret)
    with pytest.raises((OSError, StepError)) as caught:
        change(_planned(home / ".docker/config.json"), present=True)
    assert SECRET not in str(caught.value)
    assert os.geteuid() == 0
    assert os.getgroups() != [ATTACKER.pw_gid]


def test_a_clients_set_up_writes_nowhere_that_its_user_cannot(home: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (home / ".docker").symlink_to(tmp_path / "etc")
    given(home / ".docker")
    with pytest.raises(PermissionError):
        change(_planned(home / ".docker/config.json"), present=True)
    assert list((tmp_path / "etc").iterdir()) == []
    (home / ".docker").unlink()
    change(_planned(home / ".docker/config.json"), present=True)
    made = home / ".docker/config.json"
    assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (ATTACKER.pw_uid, 0o600)


def _run(path: Path) -> int:
    file = ClientFile(str(path), '{"auths": {}}', 0o600, how="json")
    text = script(Plan("docker", "r.example.com", (file,)))
    return subprocess.run(["sh"], input=text.encode(), check=False, timeout=20).returncode


def test_the_script_for_a_client_writes_nowhere_that_its_user_cannot(
    home: Path, secret: Path, tmp_path: Path
) -> None:
    (tmp_path / "etc").mkdir()
    (home / ".docker").symlink_to(tmp_path / "etc")
    given(home / ".docker")
    assert _run(home / ".docker/config.json") != 0
    assert list((tmp_path / "etc").iterdir()) == []
    (home / ".docker").unlink()
    (home / ".docker").mkdir()
    given(home / ".docker")
    (home / ".docker/config.json.holdfast").symlink_to(secret)
    assert _run(home / ".docker/config.json") != 0
    assert secret.read_text() == SECRET
    (home / ".docker/config.json.holdfast").unlink()
    assert _run(home / ".docker/config.json") == 0
    made = home / ".docker/config.json"
    assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (ATTACKER.pw_uid, 0o600)
