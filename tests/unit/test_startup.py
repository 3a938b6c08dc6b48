"""The command imports almost nothing before it has parsed its arguments."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("ansible", "pydantic", "jinja2", "cryptography", "yaml", "rich", "ssl", "pytest")
SHOW = "import sys; from holdfast.cli.main import group; group(sys.argv[1:], standalone_mode=False)"


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["deploy", "--help"]])
def test_help_is_quick(arguments: list[str]) -> None:
    code = f"{SHOW}; print('imported', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert "Usage:" in done.stdout
    imported = done.stdout.rpartition("imported ")[2].split()
    assert [name for name in SLOW if name in imported] == []
