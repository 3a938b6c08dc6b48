"""Check that a shell completes what the command takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdfast.cli.main import VERBS, group

CASES = {
    "dep": "deploy",
    "user pass": "password",
    "deploy --che": "--check",
    "init x --tls e": "external",
    "completion z": "zsh",
    "frobnicate x": "",
    "": " ".join(sorted(VERBS)),
}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script of bash that completes the words in its arguments, the last one being the open."""
    program = tmp_path / "holdfast"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m holdfast "$@"\n')
    program.chmod(0o755)
    made = CliRunner().invoke(group, ["completion", "bash"])
    assert made.exit_code == 0, made.output
    path = tmp_path / "script"
    path.write_text(
        # bash has it in a running completion alone.
        f"compopt() {{ :; }}\nPATH={tmp_path}:$PATH\n{made.output}\n"
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _holdfast_completion holdfast\n'
        'echo "${COMPREPLY[@]}"\n'
    )
    return path


@pytest.mark.parametrize("words", CASES)
def test_bash_completes(words: str, script: Path) -> None:
    arguments = ["holdfast", *words.split(" ")]
    done = subprocess.run(
        ["bash", str(script), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert " ".join(sorted(done.stdout.split())) == CASES[words]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_accepts_its_script(shell: str) -> None:
    made = CliRunner().invoke(group, ["completion", shell])
    assert made.exit_code == 0, made.output
    assert f"_HOLDFAST_COMPLETE={shell}_complete" in made.output
    if not shutil.which(shell):
        return
    done = subprocess.run(
        [shell, "-n"], input=made.output, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
