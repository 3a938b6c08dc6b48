"""python -m benchmarks.against [--always] [REF]: is the working tree slower than a commit?

Installs the wheels of both, deploys each to a test host of its own and measures both by turns.
Exit code 1 when a measure is worse by more than the noise (benchmarks.comparison says what that
means), 2 when REF is no commit; it is HEAD~1 where none is given. Where both wheels hold the same
files nothing is measured, unless with --always: then every alarm is a false one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / ".collections"))

from benchmarks import comparison, render, versions
from benchmarks.comparison import Measure
from benchmarks.deploys import CHANGE, changes
from benchmarks.figures import say
from benchmarks.lab import Bench, Lab
from benchmarks.served import Served

HOSTS = 100
START = ("-m", "holdfast", "deploy", "--help")
STARTS = 4
"""Starts of the command that are one sample: a single one is too short."""
ADVICE = """
Each of these was measured twice, and was worse both times. What to do:
  again, quietly:   make bench-check BASE={base}      (load, other work on this machine)
  which commit:     git bisect start HEAD {base}; git bisect run make bench-check BASE={base}
  wanted after all: say in the commit's message what it costs, and what for
"""


def main(given: list[str]) -> int:
    """Compare the working tree with a commit; return the exit code."""
    always, refs = "--always" in given, [one for one in given if one != "--always"]
    base = refs[0] if refs else "HEAD~1"
    # Each version brings a collection of its own; `make` points to that of the working tree.
    for name in ("ANSIBLE_COLLECTIONS_PATH", "PYTHONPATH"):
        os.environ.pop(name, None)
    begun = time.monotonic()
    try:
        old = versions.of_commit(versions.commit(base))
    except ValueError as error:
        say(str(error))
        return 2
    with Lab() as lab:
        new = versions.build(versions.ROOT, lab.folder / "new")
        say(f"old: {base}, {old.name[:7]}; new: {versions.described()}")
        if versions.same(old, new) and not always:
            say("Both wheels hold the same files: there is nothing to compare.")
            return 0
        verdicts = comparison.compare(measures(lab, versions.python(old), versions.python(new)))
    print("\n".join(comparison.rows(verdicts)), flush=True)
    say(f"{time.monotonic() - begun:.0f} s")
    worse = [one.measure.name for one in verdicts if one.worse]
    if worse:
        say(f"worse: {', '.join(worse)}" + ADVICE.format(base=base))
    return 1 if worse else 0


def measures(lab: Lab, old: str, new: str) -> Iterator[Measure]:
    """Yield what is compared; the hosts are made when they are needed first."""
    yield from _commands(lab, old, new)
    benches = [_deployed(lab, number, python) for number, python in enumerate((old, new))]
    served = [Served(bench) for bench in benches]
    yield Measure("CPU of a pull of 4 KiB", [one.small for one in served], "ms")
    yield Measure("CPU of a manifest by tag", [one.manifest for one in served], "ms")
    yield Measure("CPU of 1 GiB pulled, 64 MiB blobs", [one.large for one in served])
    yield Measure("CPU of 1 GiB pushed, 64 MiB blobs", [one.push for one in served])
    yield Measure("deploy, nothing to do", [bench.deploy for bench in benches])
    yield Measure("deploy of a changed setting", [changes(bench)[CHANGE] for bench in benches])


def _commands(lab: Lab, old: str, new: str) -> Iterator[Measure]:
    inventory = render.inventory(lab.folder, HOSTS)
    pythons = (old, new)
    yield Measure("start of the command", [partial(started, python) for python in pythons])
    checks = [partial(render.check, inventory, python) for python in pythons]
    yield Measure(f"check of {HOSTS} hosts", checks)
    renders = [partial(render.render, lab.folder, inventory, python) for python in pythons]
    yield Measure(f"render of {HOSTS} hosts", renders)


def started(python: str, times: int = STARTS) -> float:
    """Return the seconds of a start of the command, the mean of a few."""
    return sum(render.seconds(python, *START) for _ in range(times)) / times


def _deployed(lab: Lab, number: int, python: str) -> Bench:
    folder = lab.folder / f"host{number}"
    bench = Bench(folder, lab.host(number), python)
    bench.deploy()
    return bench


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
