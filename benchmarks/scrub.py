"""Measure what a scrub at its default rate costs pulls that go on beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.figures import Figure, Result, Way, interleaved
from benchmarks.hardening import MIB, Layer
from benchmarks.lab import Lab
from benchmarks.peers import OPEN, ours, preview
from benchmarks.pusher import client, push
from benchmarks.traffic import blob, throughput
from holdfast.preview import Preview

SIZE, LAYERS, CLIENTS, ROUNDS, SECONDS = 128 * MIB, 4, 4, 31, 1
QUIET, BESIDE = "no scrub", "beside a scrub"
PROVE = """
import itertools, sys
from pathlib import Path
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.reading import Pace, prove
pace = Pace(int(sys.argv[2]))
print("begun", flush=True)
for path in itertools.cycle(sorted(Path(sys.argv[1]).rglob("data"))):
    assert prove(str(path), f"sha256:{path.parent.name}", pace).good
"""
"""Program that proves the blobs of a store again and again, as a scrub does."""
NOTE = """The scrub has the rate of `registry_scrub_rate`'s default and the priorities of its unit,
and proves the pulled layer and others. Each round measures both."""


def measure(lab: Lab) -> list[Result]:
    """Measure MiB/s of pulls of a layer, without and with a scrub beside them."""
    with ExitStack() as stack:
        running = stack.enter_context(preview(**OPEN))
        layers = [Layer(SIZE) for _ in range(LAYERS)]
        digests = [one.digest() for one in layers]
        for layer, digest in zip(layers, digests, strict=True):
            push(client(running.settings.url, running.ca_file), layer, digest)
        url = blob(running.settings.url, digests[0])

        def pull() -> float:
            return throughput(ours(running), url, lab.folder, CLIENTS, SECONDS)[0]

        process = stack.enter_context(_scrub(running))
        ways: dict[str, Way] = {QUIET: pull, BESIDE: partial(_beside, process, pull)}
        title = f"pull of {SIZE // MIB} MiB, {CLIENTS} clients"
        samples = interleaved(title, ways, ROUNDS)
        note = NOTE.replace("\n", " ")
        return [Figure(title, "MiB/s", QUIET, samples, {BESIDE: ">= 0.97"}, note)]


def _beside(scrub: subprocess.Popen[bytes], pull: Callable[[], float]) -> float:
    scrub.send_signal(signal.SIGCONT)
    try:
        return pull()
    finally:
        scrub.send_signal(signal.SIGSTOP)
        assert scrub.poll() is None, "the scrub has ended"


@contextmanager
def _scrub(running: Preview) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process, stopped, that proves a preview's blobs with the priorities of the unit."""
    argv = ["nice", "-n", "19", "ionice", "-c", "3", sys.executable, "-c", PROVE]
    argv += [str(running.scratch / "images"), str(running.settings.scrub.rate)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == b"begun\n"
            process.send_signal(signal.SIGSTOP)
            yield process
        finally:
            process.kill()
