"""No acknowledged image loses a blob to a garbage collection that never pauses."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection

from holdfast.preview import Preview
from tests.integration.cleanup_load import Load
from tests.integration.gated import behind_gate, client, cycle_of, store
from tests.integration.generations import VERSIONS

SECONDS = 120.0
"""Seconds that a slow machine may need for the result; a fast one needs a few."""


def under_load(
    preview: Preview, collect: Callable[[], object], enough: Callable[[Load], bool]
) -> Load:
    """Return a load that ran beside collections until it was enough, with its clients ended."""
    with Load(lambda: client(preview)) as load:
        until = time.monotonic() + SECONDS
        while not enough(load) and time.monotonic() < until:
            collect()
    return load


def collect_slowly(argv: list[str]) -> None:
    """Run the registry's own collector, held where it knows what it will delete.

    A store of a few images takes it milliseconds; one that is worth a collection takes it minutes.
    """
    with subprocess.Popen(
        argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as collector:
        assert collector.stdout
        for line in collector.stdout:
            if " blobs marked, " in line:
                collector.send_signal(signal.SIGSTOP)
                time.sleep(1)
                collector.send_signal(signal.SIGCONT)
    # A pause: otherwise hardly a push finds its blobs, and one that fails proves nothing.
    time.sleep(0.5)


@VERSIONS
@pytest.mark.parametrize(("cache", "undo"), [("none", 2), ("memory", 3600)])
def test_nothing_acknowledged_is_lost(
    registry_of: Path, version: str, cache: str, undo: float
) -> None:
    """At grace 0. With a cache nothing is removed: that needs a flush, see tests/hosts."""
    with behind_gate(registry_of, cache, version) as preview:

        def collect() -> None:
            with cycle_of(preview) as cycle:
                Collection(store(preview), 0, undo).run(cycle, flush=lambda: None)

        def enough(load: Load) -> bool:
            # The load is no tame one: without the gate these would have been lost.
            with cycle_of(preview) as cycle:
                return load.counts["201"] > 100 and cycle.figures()["restored"] > 10

        load = under_load(preview, collect, enough)
        assert load.broken(store(preview)) == []
        assert enough(load), load.counts
    # 404: who waits longer than the undo time for what he was told is there is refused.
    assert set(load.counts) <= {"201", "deleted", "404"}, load.counts
    assert load.counts["404"] <= 0.5 * load.counts["201"], load.counts


def test_the_registrys_own_collector_loses_images_of_the_same_load(registry_binary: Path) -> None:
    with behind_gate(registry_binary, "none") as preview:
        config = preview.scratch / "etc/current/registry/config.yml"
        argv = [str(registry_binary), "garbage-collect", str(config)]

        lost: list[str] = []

        def enough(load: Load) -> bool:
            # What is lost now may come back: a client that pushes the same blob heals it.
            lost.extend(load.broken(store(preview)))
            return bool(lost)

        load = under_load(preview, lambda: collect_slowly(argv), enough)
        assert lost, f"too tame: none of {len(load.kept)} images is broken"
