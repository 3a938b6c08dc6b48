"""Print the steps of the demo, and run programs with their output kept for failures."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class DemoError(Exception):
    """The demo cannot continue; the text is for the person who watches."""


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print a step and its duration."""
    begun = time.monotonic()
    sys.stdout.write(f"{text} ... ")
    sys.stdout.flush()
    yield
    print(f"{time.monotonic() - begun:.1f} s")


def quiet(argv: Sequence[str], *, cwd: Path | None = None) -> str:
    """Run a program; return its output. Raises DemoError with its last lines."""
    done = subprocess.run(
        argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-15:])
        raise DemoError(f"\n{argv[0]} gave exit code {done.returncode}:\n{last}")
    return done.stdout


def shown(argv: Sequence[str]) -> None:
    """Run a program, and show its output."""
    if subprocess.run(argv, check=False).returncode:
        raise DemoError(f"{' '.join(argv)} failed.")
