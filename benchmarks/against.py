"""python -m benchmarks.against [--always] [REF]: compare the working tree with a commit.

Installs the wheels of both, deploys each to a test host of its own, and measures both in turns. The
exit code is 1 if a measure is worse by more than the noise (see benchmarks.comparison), and 2 if
REF is no commit. The default is HEAD~1. If both wheels hold the same files, nothing is measured
without --always; with it, every alarm is a false one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial

from benchmarks import comparison, render, versions
from benchmarks.comparison import Measure
from benchmarks.cpu_cost import Served
from benchmarks.deploys import CHANGE, changes
from benchmarks.figures import Way, say
from benchmarks.lab import Bench, Lab

HOSTS = 100
START = ("-m", "holdfast", "deploy", "--help")
STARTS = 4
"""Starts of the command in one sample: a single one is too short."""
SERVED = (
    ("CPU of a pull of 4 KiB", "ms", Served.small),
    ("CPU of a manifest by tag", "ms", Served.manifest),
    ("CPU of 1 GiB pulled, 64 MiB blobs", "s", Served.large),
    ("CPU of 1 GiB pushed, 64 MiB blobs", "s", Served.push),
)
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


def measures(lab: Lab, *pythons: str) -> Iterator[Measure]:
    """Yield the measures of the versions in two venvs, the old one first."""
    inventory = render.inventory(lab.folder, HOSTS)

    def commands(work: Callable[[str], float]) -> Callable[[int], list[Way]]:
        return lambda _: [partial(work, python) for python in pythons]

    @cache
    def hosts(look: int) -> list[Bench]:
        return [_deployed(lab, 2 * look + place, one) for place, one in enumerate(pythons)]

    @cache
    def serving(look: int) -> list[Served]:
        return [Served(bench) for bench in hosts(look)]

    yield Measure("start of the command", commands(started))
    yield Measure(f"check of {HOSTS} hosts", commands(partial(render.check, inventory)))
    yield Measure(
        f"render of {HOSTS} hosts", commands(partial(render.render, lab.folder, inventory))
    )
    for what, unit, work in SERVED:
        yield Measure(what, lambda look, do=work: [partial(do, s) for s in serving(look)], unit)  # type: ignore[misc]
    yield Measure("deploy, nothing to do", lambda look: [one.deploy for one in hosts(look)])
    yield Measure(
        "deploy of a changed setting", lambda look: [changes(one)[CHANGE] for one in hosts(look)]
    )


def started(python: str, times: int = STARTS) -> float:
    """Return the mean seconds of a start of the command."""
    return sum(render.seconds(python, *START) for _ in range(times)) / times


def _deployed(lab: Lab, number: int, python: str) -> Bench:
    folder = lab.folder / f"host{number}"
    bench = Bench(folder, lab.host(number), python)
    bench.deploy()
    return bench


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
