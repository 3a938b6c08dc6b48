"""Repeat what fails once in a thousand times, on a machine that is made busy on purpose.

A whole test run repeats each trial a few times. `make trials` repeats it often, and writes what was
seen to tests/trials/results. It also runs the tests that are marked `trial`, wherever they stand:
the further cases of what a whole run proves with some.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

RESULTS = Path(__file__).parent / "results"
_SPIN = "while True: pass"


def some(cases: Collection[Any], chosen: Collection[Any]) -> list[Any]:
    """Return the cases as parameters of a test; a whole run has the chosen ones alone."""
    unknown = set(chosen) - set(cases)
    assert not unknown, unknown
    return [
        case if case in chosen else pytest.param(case, marks=pytest.mark.trial) for case in cases
    ]


def times(few: int, often: int) -> int:
    """Return the number of repetitions: `few`, or `often` for `make trials`."""
    return often if long() else few


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
    if not long():
        return
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}"
    found = {"trial": trial, "date": time.strftime("%Y-%m-%d"), "machine": machine, **seen}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{trial}.json").write_text(json.dumps(found, indent=1) + "\n")


def long() -> bool:
    """Return True in a run of `make trials`."""
    return os.environ.get("HOLDFAST_TRIALS") == "long"
