"""Order and extent of the runs, and what they find."""

from __future__ import annotations

import random
import time
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.cleanup import garbage
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import Gate
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import (
    Blob,
    Proofs,
    oldest,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.reading import Pace, prove

from tests.unit.scrub.stores import DAY, FAST, flip, put, scrub_of


def test_every_flipped_bit_is_found_and_set_aside(store: Directory, proofs: Proofs) -> None:
    every = [put(store, f"layer {n}".encode() * 99, "sha512" if n % 9 == 0 else "sha256")
             for n in range(100)]  # fmt: skip
    damaged = every[::7]
    for one in damaged:
        flip(store, one)
    proofs.request()
    flushes: list[int] = []
    found = scrub_of(store, proofs, flush=lambda: flushes.append(1)).run(0)
    assert found.damaged == dict.fromkeys(damaged, True)
    assert found.proven == 100 - len(damaged)
    assert found.odd == []
    assert flushes == [1]
    assert [one for one in every if not store.has(places.blob(one))] == damaged
    assert all(store.is_trashed(f"damaged/{places.blob(one)}") for one in damaged)
    assert proofs.requested() == 0
    # Nothing brings it back but a push: neither the collector's undo nor the gate for a push.
    assert not any(garbage.is_garbage(one) for one in store.trashed())
    with Gate(store).pushing("a/b", {places.blob(damaged[0])}):
        assert not store.has(places.blob(damaged[0]))


def test_each_of_a_hundred_flipped_bits_is_found(store: Directory, proofs: Proofs) -> None:
    """One bit of a blob, at any place in it: the first and the last ones, too."""
    dice = random.Random(17)
    every = [put(store, dice.randbytes(dice.randint(1, 60_000))) for _ in range(140)]
    damaged = every[:100]
    for number, one in enumerate(damaged):
        path = Path(store.path(places.blob(one)))
        content = bytearray(path.read_bytes())
        bit = {0: 0, 1: 8 * len(content) - 1}.get(number, dice.randrange(8 * len(content)))
        content[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(content)
    proofs.request()
    found = scrub_of(store, proofs).run(0)
    assert found.damaged == dict.fromkeys(damaged, True)
    assert (found.proven, found.odd) == (40, [])


def test_a_run_proves_its_share_of_the_oldest(store: Directory, proofs: Proofs) -> None:
    every = [put(store, bytes([n]) * 1000) for n in range(30)]
    now = time.time()
    for age, one in enumerate(every):
        proofs.add(one, now - (age + 0.5) * DAY)  # the last one is 29.5 days old
    found = scrub_of(store, proofs).run(now - 0.9 * DAY)
    # A day of thirty: a thirtieth of the bytes, and here it is the one that is due before long.
    assert found.proven == 1
    times = {one.digest: one.proven for one in proofs.listed(store.root)}
    assert times[every[29]] >= now - 1
    found = scrub_of(store, proofs).run(now - 2.9 * DAY)
    assert found.proven == 3
    assert {one for one, when in {d.digest: d.proven for d in proofs.listed(store.root)}.items()
            if when >= now - 1} == set(every[26:])  # fmt: skip


def test_what_is_overdue_is_proven_whatever_the_share(store: Directory, proofs: Proofs) -> None:
    every = [put(store, bytes([n]) * 1000) for n in range(30)]
    for one in every[:20]:
        proofs.add(one, time.time() - 40 * DAY)
    assert scrub_of(store, proofs).run(time.time() - 10).proven == 20


def test_a_request_proves_all_and_is_kept_until_that_is_done(
    store: Directory, proofs: Proofs
) -> None:
    every = [put(store, bytes([n]) * 1000) for n in range(20)]
    for one in every:
        proofs.add(one, time.time())
    time.sleep(0.01)
    proofs.request()
    over = scrub_of(store, proofs, until=time.monotonic() - 1)
    assert over.run(0).proven == 0
    assert proofs.requested()
    assert scrub_of(store, proofs).run(0).proven == 20
    assert not proofs.requested()
    assert scrub_of(store, proofs, within=3000 * DAY).run(time.time()).proven <= 1


def test_a_request_during_a_run_proves_again(store: Directory, proofs: Proofs) -> None:
    put(store, b"one")
    proofs.request()
    one = scrub_of(store, proofs)
    spend, calls = one.pace.spend, []

    def slow(size: int) -> None:
        calls.append(size)
        if len(calls) == 1:
            time.sleep(0.01)
            proofs.request()
        spend(size)

    one.pace.spend = slow  # type: ignore[method-assign]
    assert one.run(0).proven >= 1
    assert not [d for d in proofs.listed(store.root) if d.proven < one._begun]


def test_times_survive_lines_that_are_cut_and_are_tidied(store: Directory, proofs: Proofs) -> None:
    digest = put(store, b"one")
    for when in range(40):
        proofs.add(digest, 1000.0 + when)
    (path,) = Path(proofs._folder).iterdir()
    with path.open("a") as stream:
        stream.write(f"sha256:{'0' * 64} 99\n{digest} ")
    assert [one.proven for one in proofs.listed(store.root)] == [1039.0]
    assert path.read_text() == f"{digest} 1039.000\n"
    proofs.add(digest, time.time() + 30 * DAY)  # by a clock that was wrong
    assert [one.proven for one in proofs.listed(store.root)] == [0.0]


def test_the_oldest_come_first_and_not_more_than_fit() -> None:
    blobs = [Blob(float(n * 7 % 50), f"d{n}", 1) for n in range(50)]
    assert [one.proven for one in oldest(blobs, 40, 5)] == [0, 1, 2, 3, 4]
    assert len(oldest(blobs, 40)) == 40


def test_another_file_at_the_place_is_left_alone(store: Directory) -> None:
    digest = put(store, b"one")
    path = Path(store.path(places.blob(digest)))
    flip(store, digest)
    seen = prove(str(path), digest, Pace(FAST))
    assert not seen.good
    path.unlink()
    path.write_bytes(b"one")  # pushed again meanwhile
    gate = Gate(store)
    assert not gate.set_aside(digest, seen.seen)
    assert store.has(places.blob(digest))
    path.unlink()
    assert not gate.set_aside(digest, seen.seen)
