"""The host's lock: only root can open it, and nobody waits for ever."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import files

HOLD = """
import fcntl, sys, time
stream = open(sys.argv[1], "w")
fcntl.flock(stream, fcntl.LOCK_EX)
stream.write("4711 somebody\\n"); stream.flush()
print("held", flush=True)
time.sleep(60)
"""


def test_nobody_else_can_open_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch(0o644)
    with files.locked(str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="lock"), files.locked(str(tmp_path / "lock")):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_who_holds_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "lock")
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.2)
    argv = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(files.BlockedError) as caught, files.locked(path):
            pass
        holder.kill()
    assert "4711 somebody" in str(caught.value)
