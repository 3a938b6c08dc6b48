"""No acknowledged image loses a blob, however often gate, collector and registry are killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests import trials
from tests.integration.cleanup_load import Load
from tests.integration.gated import behind_gate, client, store
from tests.trials.collectors import Collector

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
