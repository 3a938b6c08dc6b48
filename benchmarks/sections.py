"""Measure how long pushes wait for a clean-up: its exclusive sections, beside pushers."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import (
    BATCH,
    Collection,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.control import Cycle
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    digest_of,
    two_layer_image,
)

from benchmarks.figures import Table, say
from benchmarks.pusher import client
from holdfast.preview import Preview

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import BatchDone

FILES, CYCLES, PUSHERS = 2000, 3, 2
MOST_MS = 20


class Timed(Cycle):
    """A cycle that keeps the times of its exclusive sections, in milliseconds."""

    def __init__(self, path: str, times: list[float]) -> None:
        super().__init__(path)
        self._times = times

    def _batch(self, verb: str, places: list[str]) -> BatchDone:
        done = super()._batch(verb, places)
        self._times.append(done["seconds"] * 1000)
        return done


def measure(running: Preview, _: Path) -> Iterator[Table]:
    """Collect garbage again and again: move it to the trash, and remove it, beside pushers."""
    store = Directory(str(running.scratch / "images"))
    times: list[float] = []
    with _pushing(running) as pushed:
        for number in range(CYCLES):
            say(f"exclusive sections: cycle {number + 1} of {CYCLES}")
            _litter(store, number)
            for undo in (3600, 0):
                with Timed(str(running.scratch / "run/gate/control.sock"), times) as cycle:
                    Collection(store, 0, undo).run(cycle, lambda: None)
    assert len(times) >= 2 * CYCLES * (FILES // BATCH), len(times)
    assert pushed, "nobody has pushed meanwhile"
    median, most = statistics.median(times), max(times)
    met = "met" if most <= MOST_MS else "**missed**"
    columns = [
        f"exclusive section, {BATCH} files at most",
        "median",
        "99 %",
        "longest",
        "goal, longest",
    ]
    late = sorted(times)[int(len(times) * 0.99)]
    cells = [f"{one:.1f} ms" for one in (median, late, most)]
    note = f"{len(times)} sections of {CYCLES} clean-ups beside {PUSHERS} pushers, on a disk."
    row = ["a push may have to wait", *cells, f"<= {MOST_MS} ms: {met}"]
    yield Table("exclusive sections", columns, [row], note)


def _litter(store: Directory, mark: int) -> None:
    """Write blobs that no manifest needs."""
    for number in range(FILES):
        content = f"garbage {mark} {number}".encode()
        path = Path(store.path(places.blob(digest_of(content))))
        path.parent.mkdir(parents=True)
        path.write_bytes(content)


@contextmanager
def _pushing(running: Preview) -> Iterator[list[str]]:
    """Push small images while the block runs."""
    ended, pushed = threading.Event(), list[str]()

    def push(number: int) -> None:
        to = client(running.settings.url, running.ca_file)
        while not ended.is_set():
            tag = f"p{number}-{len(pushed)}"
            pushed.append(to.push(f"bench/beside{number}", tag, two_layer_image(tag)))

    threads = [threading.Thread(target=push, args=(number,)) for number in range(PUSHERS)]
    for one in threads:
        one.start()
    try:
        yield pushed
    finally:
        ended.set()
        for one in threads:
            one.join()
