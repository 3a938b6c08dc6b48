"""Of four pushers of one immutable tag exactly one is acknowledged, on a busy machine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests import trials
from tests.integration.gated import behind_gate, client
from tests.integration.races import race


def test_one_of_four_is_acknowledged(registry_binary: Path) -> None:
    tags = trials.times(few=20, often=1000)
    rule = {"repositories": ["team/**"], "immutable": True}
    with (
        trials.busy_machine(),
        behind_gate(registry_binary, "memory", registry_push_rules=[rule]) as preview,
    ):
        seen = race(lambda: client(preview), tags)
    counts = Counter(one[201] for one in seen)
    trials.write("immutable_tags", tags=tags, pushers=4, acknowledged_once=counts[1])
    assert counts == {1: tags}, counts
    assert all(set(one) == {201, 409} for one in seen)
