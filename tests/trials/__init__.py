"""Repeat what fails once in a thousand times, on a machine that is made busy on purpose.

A whole test run repeats each trial a few times. `make trials` repeats it often, and writes what was
seen to tests/trials/results.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_SPIN = "while True: pass"


def times(few: int, often: int) -> int:
    """Return the number of repetitions: `few`, or `often` for `make trials`."""
    return often if _long() else few


@contextmanager
def busy_machine() -> Iterator[None]:
    """Keep every processor busy with two processes while the block runs."""
    with ExitStack() as stack:
        for _ in range(2 * (os.cpu_count() or 1)):
            spinning = stack.enter_context(subprocess.Popen([sys.executable, "-c", _SPIN]))
            stack.callback(spinning.kill)
        yield


def write(trial: str, **seen: Any) -> None:
    """Write the result of a long run of a trial; do nothing after a short one."""
    if not _long():
        return
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}"
    found = {"trial": trial, "date": time.strftime("%Y-%m-%d"), "machine": machine, **seen}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{trial}.json").write_text(json.dumps(found, indent=1) + "\n")


def _long() -> bool:
    return os.environ.get("HOLDFAST_TRIALS") == "long"
