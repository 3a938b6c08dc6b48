"""A store far away: pushes wait for what they need of a batch alone, and for a killed gate."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate import settling
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    Gate,
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.settling import Settling
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob

PLACES = [blob(f"sha256:{number:064x}") for number in range(6)]
SECONDS = 60.0
"""Longest wait for another thread of a busy machine."""


class Slow(Directory):
    """A directory whose moves wait for the test."""

    DISTANT = True
    AT_ONCE = 2

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self.begun, self.go = threading.Event(), threading.Event()
        self.problem: OSError | None = None

    def discard(self, places: list[str]) -> list[str]:
        self.begun.set()
        assert self.go.wait(SECONDS)
        if self.problem:
            raise self.problem
        return super().discard(places)


@pytest.fixture
def store(tmp_path: Path) -> Slow:
    made = Slow(str(tmp_path / "store"))
    for one in PLACES:
        made.write(one, b"x")
    return made


def begun(gate: Gate, store: Slow, places: list[str]) -> tuple[threading.Thread, list[object]]:
    """Return a batch that has claimed its first places, and its answer."""
    cycle, answers = gate.begin(), list[object]()
    batch = threading.Thread(target=lambda: answers.append(gate.trash(cycle, places)))
    batch.start()
    assert store.begun.wait(SECONDS)
    return batch, answers


def test_a_push_passes_a_batch_that_moves_nothing_it_needs(store: Slow) -> None:
    gate = Gate(store)
    batch, answers = begun(gate, store, PLACES[:4])
    # The second part of the batch has not been claimed yet: what a push needs of it stays.
    with gate.pushing("r", {PLACES[2], PLACES[5]}) as gone:
        assert gone == set()
    store.go.set()
    batch.join(SECONDS)
    (answer,) = answers
    assert isinstance(answer, dict)
    assert (answer["done"], answer["spared"]) == ([PLACES[0], PLACES[1], PLACES[3]], 1)
    assert store.has(PLACES[2])


def test_a_push_gets_back_what_is_moved_while_it_arrives(store: Slow) -> None:
    gate, pushed = Gate(store), threading.Event()

    def push() -> None:
        with gate.pushing("r", {PLACES[0]}) as gone:
            assert gone == set()
            assert store.has(PLACES[0])
            pushed.set()

    batch, _ = begun(gate, store, PLACES[:1])
    other = threading.Thread(target=push)
    other.start()
    assert not pushed.wait(0.2)
    store.go.set()
    other.join(SECONDS)
    batch.join(SECONDS)
    assert pushed.is_set()
    assert gate.figures["restored"] == 1


def test_a_batch_of_an_ended_cycle_claims_nothing(store: Slow) -> None:
    gate = Gate(store)
    store.go.set()
    old = gate.begin()
    gate.begin()
    with pytest.raises(StaleCycleError):
        gate.trash(old, PLACES)
    assert all(map(store.has, PLACES))


def test_after_a_kill_in_a_batch_pushes_wait_until_its_requests_are_done(tmp_path: Path) -> None:
    clock, slept = [100.0], list[float]()
    path = str(tmp_path / "moving")
    killed = Settling(path, lambda: clock[0])
    with killed.moving():
        again = Settling(path, lambda: clock[0])
    again.wait(slept.append)
    assert slept == [settling.SECONDS]
    clock[0] += settling.SECONDS
    again.wait(slept.append)
    assert len(slept) == 1
    killed.wait(slept.append)
    Settling(path, lambda: clock[0]).wait(slept.append)  # after a batch that ended, nobody waits
    assert len(slept) == 1


def test_a_move_that_failed_may_be_done_later(store: Slow, tmp_path: Path) -> None:
    clock, path = [100.0], tmp_path / "moving"
    waiting = Settling(str(path), lambda: clock[0])
    gate = Gate(store, waiting)
    store.problem = OSError("no answer")
    store.go.set()
    cycle, slept = gate.begin(), list[float]()
    with pytest.raises(OSError, match="no answer"):
        gate.trash(cycle, PLACES)
    assert path.exists()
    waiting.wait(slept.append)
    assert slept == [settling.SECONDS]
    clock[0] += settling.SECONDS
    store.problem = None
    assert gate.trash(cycle, PLACES)["done"] == PLACES
    assert not path.exists()
