"""No acknowledged image loses a blob to a garbage collection that never pauses."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.collect import Collection

from holdfast.preview import Preview
from tests.integration.cleanup_load import Load
from tests.integration.gated import behind_gate, client, cycle_of, store

SECONDS = 8.0


def under_load(preview: Preview, collect: Callable[[], object]) -> Load:
    """Return a load that ran beside collections without a pause, with its clients ended."""
    with Load(lambda: client(preview)) as load:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            collect()
    return load


@pytest.mark.parametrize(("cache", "undo"), [("none", 1), ("memory", 3600)])
def test_nothing_acknowledged_is_lost(registry_binary: Path, cache: str, undo: float) -> None:
    """At grace 0. With a cache nothing is removed: that needs a flush, see tests/hosts."""
    with behind_gate(registry_binary, cache) as preview:

        def collect() -> None:
            with cycle_of(preview) as cycle:
                Collection(store(preview), 0, undo).run(cycle, flush=lambda: None)

        load = under_load(preview, collect)
        with cycle_of(preview) as cycle:
            figures = cycle.figures()
        assert load.broken(store(preview)) == []
    assert load.counts["201"] > 50, load.counts
    assert set(load.counts) <= {"201", "deleted"}, load.counts
    # The load is no tame one: without the gate these would have been lost.
    assert figures["restored"] > 10


def test_the_registrys_own_collector_loses_images_of_the_same_load(registry_binary: Path) -> None:
    ends, broken, kept = set(), 0, 0
    for _ in range(5):
        with behind_gate(registry_binary, "none") as preview:
            config = preview.scratch / "etc/current/registry/config.yml"
            argv = [str(registry_binary), "garbage-collect", str(config)]

            def collect(argv: list[str] = argv) -> None:
                # It fails where it meets what a client changes meanwhile.
                ends.add(subprocess.run(argv, check=False, capture_output=True).returncode)

            load = under_load(preview, collect)
            broken, kept = broken + len(load.broken(store(preview))), kept + len(load.kept)
        if 0 in ends and broken >= 0.05 * kept:
            return
    pytest.fail(f"the load is too tame: {broken} of {kept} images are broken, exit codes {ends}")
