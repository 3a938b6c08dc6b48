"""No acknowledged image loses a blob, however often gate, collector and registry are killed."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from holdfast.preview import Preview
from tests import trials
from tests.integration.cleanup_load import Load
from tests.integration.gated import behind_gate, client, store

UNDO_SECONDS = 5.0
CONTROL = "run/gate/control.sock"
COLLECTOR = """
import sys
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
def flush():
    print("flush", flush=True)
    sys.stdin.readline()
while True:
    try:
        with Cycle(sys.argv[2]) as cycle:
            Collection(Directory(sys.argv[1]), 0, float(sys.argv[3])).run(cycle, flush)
    except Exception as error:
        print(error, flush=True)
"""
"""A collector that never pauses; it goes on when the gate was killed."""
CASES = [(version, cache) for version in ("3.1.1", "2.8.2") for cache in ("none", "memory")]


@pytest.mark.parametrize("case", trials.some(CASES, CASES[:1]), ids="-".join)
def test_no_acknowledged_image_is_lost(
    case: tuple[str, str], registry_binary: Path, packaged_registry_binary: Path
) -> None:
    version, cache = case
    binary = {"3.1.1": registry_binary, "2.8.2": packaged_registry_binary}[version]
    images, kills = trials.times(60, 2600), trials.times(4, 30)
    dice, killed = random.Random(version + cache), Counter[str]()
    with behind_gate(binary, cache, version) as preview, Load(lambda: client(preview)) as load:
        with Collector(preview, empties=cache == "memory") as collector:
            while load.counts["201"] < images or sum(killed.values()) < kills:
                if sum(killed.values()) <= kills * load.counts["201"] / images:
                    which = dice.choice(("gate", "gate", "registry", "collector"))
                    collector.kill(which)
                    killed[which] += 1
                time.sleep(dice.random())
        load.stop()
        broken = load.broken(store(preview))
    trials.write(
        f"cleanup-{version}-{cache}",
        acknowledged=load.counts["201"],
        deleted=load.counts["deleted"],
        kept=len(load.kept),
        killed=killed,
        answers=load.counts,
        broken=broken,
    )
    assert broken == []
    assert load.kept


class Collector:
    """A collector as a process, and what kills it, the gate and the registry."""

    def __init__(self, preview: Preview, *, empties: bool) -> None:
        self.preview = preview
        self.empties = empties
        self._lock = threading.Lock()
        self._stopped = False

    def __enter__(self) -> Collector:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._process.kill()
        self._process.wait()

    def kill(self, which: str) -> None:
        """Kill the collector, or a process of the preview, and start it again."""
        if which == "collector":
            self._process.kill()
            self._process.wait()
            self._start()
            return
        with self._lock:
            self.preview.restart(which)

    def _start(self) -> None:
        images, control = (self.preview.scratch / one for one in ("images", CONTROL))
        self._process = subprocess.Popen(
            [sys.executable, "-c", COLLECTOR, str(images), str(control), str(UNDO_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._flush, args=(self._process,), daemon=True).start()

    def _flush(self, process: subprocess.Popen[str]) -> None:
        """Empty the registry's cache whenever the collector is about to remove something."""
        assert process.stdin
        assert process.stdout
        for line in process.stdout:
            if line == "flush\n" and not self._stopped:
                if self.empties:
                    self.kill("registry")
                with suppress(BrokenPipeError):
                    process.stdin.write("\n")
                    process.stdin.flush()
