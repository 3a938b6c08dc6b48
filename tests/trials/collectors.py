"""A collector that never pauses, as a process beside a preview."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress

from holdfast.preview import Preview

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
