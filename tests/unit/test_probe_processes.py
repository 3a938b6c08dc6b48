"""Processes of units, as the probe sees them in the moment of a start."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from holdfast.verification.probe import processes
from holdfast.verification.probe.processes import families, identity

SHELL, SLEEP = "/bin/sh", shutil.which("sleep") or "/bin/sleep"


def test_a_process_that_is_not_yet_its_program_is_looked_at_again() -> None:
    argv = [SHELL, "-c", "sleep 0.5; exec sleep 60"]
    with subprocess.Popen(argv) as process:
        try:
            found = families(lambda names: dict.fromkeys(names, process.pid), ["a"], [SHELL])
        finally:
            process.kill()
    assert [one["program"] for one in found["a"]] == [identity(SLEEP)]


def test_one_that_hangs_there_is_reported_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PAUSE_SECONDS", 0.01)
    looks: list[list[str]] = []

    def main_pids(names: list[str]) -> dict[str, int]:
        looks.append(names)
        return {name: {"hangs": stuck.pid, "runs": other.pid, "ended": 0}[name] for name in names}

    with (
        subprocess.Popen([SHELL, "-c", "read line"], stdin=subprocess.PIPE) as stuck,
        subprocess.Popen(["sleep", "60"]) as other,
    ):
        try:
            found = families(main_pids, ["hangs", "runs", "ended"], [SHELL])
        finally:
            stuck.kill()
            other.kill()
    assert found.keys() == {"hangs", "runs"}
    assert looks == [["hangs", "runs", "ended"], *[["hangs"]] * (processes.LOOKS - 1)]
