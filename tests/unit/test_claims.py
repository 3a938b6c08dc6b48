"""A store far away: pushes wait for what they need of a batch alone, and for a killed gate."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate import pushes, settling
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    Gate,
    StaleCycleError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.pushes import Pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.settling import Settling
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import blob, current
from ansible_collections.holdfast.registry.plugins.module_utils.gate.taking import Taking

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import (
        Push,
        TakeOrder,
    )

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


DIGESTS = [f"sha256:{number:064x}" for number in range(3)]


@pytest.fixture
def tagged(store: Slow) -> Slow:
    """Return the store with a tag, whose removal waits for the test."""
    store.write(current("r", "one"), DIGESTS[0].encode())
    return store


def taking(gate: Gate, store: Slow, record: Path) -> tuple[threading.Thread, list[object]]:
    """Return a removal of the tag that has read it, and its answer."""
    order: TakeOrder = {
        "cycle": gate.begin(),
        "repository": "r",
        "tags": {"one": DIGESTS[0]},
        "manifests": [],
        "by": "test",
        "for_ever": False,
    }
    taker, answers = Taking(gate, Pushes(str(record)), lambda _: None), list[object]()
    removal = threading.Thread(target=lambda: answers.append(taker.take(order)))
    removal.start()
    assert store.begun.wait(SECONDS)
    return removal, answers


def test_a_push_of_a_tag_waits_until_its_removal_has_ended(tagged: Slow, tmp_path: Path) -> None:
    gate, wrote = Gate(tagged), threading.Event()

    def push() -> None:
        with gate.pushing("r", {blob(DIGESTS[1])}, "one"):
            tagged.write(current("r", "one"), DIGESTS[1].encode())
            wrote.set()

    removal, answers = taking(gate, tagged, tmp_path / "pushes")
    with gate.pushing("r", {blob(DIGESTS[2])}, "two"):
        pass  # a push of another tag does not wait
    other = threading.Thread(target=push)
    other.start()
    assert not wrote.wait(0.2)
    tagged.go.set()
    other.join(SECONDS)
    removal.join(SECONDS)
    assert answers == [{"tags": ["one"], "manifests": []}]
    assert tagged.tagged("r", "one") == DIGESTS[1]


def test_a_delete_waits_until_a_removal_has_ended(tagged: Slow, tmp_path: Path) -> None:
    gate, deleted = Gate(tagged), threading.Event()

    def delete() -> None:
        with gate.deleting("r"):
            deleted.set()

    removal, _ = taking(gate, tagged, tmp_path / "pushes")
    other = threading.Thread(target=delete)
    other.start()
    assert not deleted.wait(0.2)
    tagged.go.set()
    other.join(SECONDS)
    removal.join(SECONDS)
    assert deleted.is_set()


def test_a_removal_a_push_and_a_delete_end_all(tagged: Slow, tmp_path: Path) -> None:
    """Neither waits for the other while the other waits for it."""
    gate = Gate(tagged)

    def push() -> None:
        with gate.pushing("r", {blob(DIGESTS[1])}, "one"):
            pass

    def delete() -> None:
        with gate.deleting("r"):
            pass

    threads = [taking(gate, tagged, tmp_path / "pushes")[0]]
    for call in (push, delete):
        threads.append(threading.Thread(target=call, daemon=True))
        threads[-1].start()
        time.sleep(0.1)
    tagged.go.set()
    for one in threads:
        one.join(SECONDS)
    assert not any(one.is_alive() for one in threads)


def test_a_removal_is_recorded_before_it_is_done(tagged: Slow, tmp_path: Path) -> None:
    removal, _ = taking(Gate(tagged), tagged, tmp_path / "pushes")
    (line,) = pushes.read(str(tmp_path / "pushes"))
    assert (line["tag"], line["digest"], line["replaced"]) == ("one", "", DIGESTS[0])
    assert tagged.tagged("r", "one") == DIGESTS[0]
    tagged.go.set()
    removal.join(SECONDS)


def test_only_what_was_taken_last_counts_as_taken() -> None:
    def line(tag: str, digest: str, replaced: str) -> Push:
        known: Push = {
            "time": 1.0,
            "repository": "r",
            "tag": tag,
            "digest": digest,
            "replaced": replaced,
            "by": "",
            "address": "",
        }
        return known

    record = [
        line("gone", DIGESTS[0], ""),
        line("gone", "", DIGESTS[0]),
        line("back", "", DIGESTS[0]),
        line("back", DIGESTS[1], ""),
        line("", "", DIGESTS[1]),
        line("", "", DIGESTS[2]),
        line("other", DIGESTS[1], ""),  # the manifest was pushed again, with a tag
    ]
    assert set(pushes.taken(record)) == {("r", "gone"), ("r", DIGESTS[2])}
