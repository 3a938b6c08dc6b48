"""Measure programs that read a whole store: the garbage collection, and holdfast's own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import over_unix

from benchmarks.processes import answers, memory
from benchmarks.seeded_registry import SeededRegistry
from holdfast.verification.probe.store import checksums

OWN = {"OTEL_TRACES_EXPORTER": "none", "REGISTRY_HTTP_SECRET": "0" * 32}
LOOK_SECONDS = 0.01
LISTED = """
import sys
from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import Directory
dict(Directory(sys.argv[1]).names())
"""
"""Program that lists a store as `holdfast storage move` does at each end."""


def collect(one: SeededRegistry, *options: str) -> tuple[float, float]:
    """Return seconds and MiB of a garbage collection that deletes nothing."""
    return _run([one.binary, "garbage-collect", "--dry-run", *options, one.config])


def listed(one: SeededRegistry) -> tuple[float, float]:
    """Return seconds and MiB of the list for a move of the storage."""
    return _run([sys.executable, "-c", LISTED, one.root])


def found(one: SeededRegistry) -> float:
    """Return the seconds of `du`."""
    return _run(["du", "-s", one.root])[0]


def checked(one: SeededRegistry) -> float:
    """Return the seconds in which `holdfast verify` checks the digests of some blobs."""
    begun = time.perf_counter()
    result = checksums(str(one.root))
    assert result["looked"] and not result["wrong"], result
    return time.perf_counter() - begun


def start(one: SeededRegistry) -> tuple[float, float]:
    """Return the milliseconds until a registry of the same settings answers, and its MiB."""
    place = one.preview.scratch / "run/second.sock"
    own = {**os.environ, **OWN, "REGISTRY_HTTP_ADDR": str(place), "GOGC": "400"}
    argv: list[str | Path] = [one.binary, "serve", one.config]
    begun = time.perf_counter()
    process = subprocess.Popen(argv, env=own, stderr=subprocess.DEVNULL)
    try:
        client = over_unix(str(place), "localhost")
        while not answers(client):
            assert process.poll() is None, process.args
            time.sleep(0.002)
        seconds = time.perf_counter() - begun
        client.close()
        return seconds * 1000, memory(process.pid, "VmRSS")
    finally:
        process.terminate()
        process.wait()


def _run(argv: Sequence[str | Path]) -> tuple[float, float]:
    """Return seconds and MiB of a program. Raises CalledProcessError if it fails."""
    environment = {**os.environ, **OWN, "PYTHONPATH": os.pathsep.join(sys.path)}
    begun, most = time.perf_counter(), 0.0
    process = subprocess.Popen(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # Not from its resource usage: that begins with what this process had when it forked.
    while process.poll() is None:
        most = max(most, memory(process.pid, "VmHWM"))
        time.sleep(LOOK_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [str(part) for part in argv])
    return time.perf_counter() - begun, most
