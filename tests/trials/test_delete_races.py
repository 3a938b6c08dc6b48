"""A push beside a delete of its manifest leaves both or neither, on a busy machine."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import over_unix

from tests import trials
from tests.integration.delete_races import race
from tests.integration.gated import behind_gate, client, store


def test_no_half_state_is_left(registry_binary: Path) -> None:
    rounds = trials.times(few=30, often=1000)
    with trials.busy_machine(), behind_gate(registry_binary, "memory") as preview:
        seen = race(lambda: client(preview), store(preview), rounds)
        stock = None
        if trials.long():  # the same race without the gate, which shows that it is no tame one
            socket = str(preview.scratch / "etc/current/registry.sock")
            stock = race(lambda: over_unix(socket, "localhost"), store(preview), rounds)
    half = rounds - seen["both"] - seen["neither"]
    trials.write("delete_races", rounds=rounds, half=half, seen=seen, without_gate=stock)
    assert half == 0, seen
    assert seen["both"], seen
    assert seen["neither"], seen
    if stock is not None:
        assert stock["both"] + stock["neither"] < rounds, stock
