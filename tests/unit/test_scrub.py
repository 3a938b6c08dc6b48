"""A scrub over a store of files: the order, the pace, what is found, and what becomes of it."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import mmap
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup import garbage
from ansible_collections.holdfast.registry.plugins.module_utils.cleanup.marks import Memory
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import Gate
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.scrub import (
    crash,
    links,
    reading,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.messages import sentence
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.needing import needing
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import (
    Blob,
    Proofs,
    oldest,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.reading import Pace, prove
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.scrubbing import Scrub
from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_files import (
    OddFileError,
)

from holdfast.deploying import desired, scrub
from holdfast.settings import parse

DAY = 86400.0
FAST = 1 << 40


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "images"))


@pytest.fixture
def proofs(tmp_path: Path) -> Proofs:
    return Proofs(str(tmp_path / "proofs"))


def put(store: Store, content: bytes, algorithm: str = "sha256") -> str:
    digest = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    path = Path(store.path(places.blob(digest)))
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return digest


def flip(store: Store, digest: str) -> None:
    path = Path(store.path(places.blob(digest)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def link(store: Store, place: str, text: str) -> Path:
    path = Path(store.path(place))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


class InProcess:
    """The gate without a socket."""

    def __init__(self, store: Store) -> None:
        self.gate = Gate(store)

    def set_aside(self, digest: str, seen: Any) -> bool:
        return self.gate.set_aside(digest, seen)


def scrub_of(store: Store, proofs: Proofs, within: float = 30 * DAY, **more: Any) -> Scrub:
    flush: Callable[[], object] = more.pop("flush", lambda: None)
    control: Any = InProcess(store)
    return Scrub(store, proofs, control, Pace(FAST), within, flush, **more)


def test_every_flipped_bit_is_found_and_set_aside(store: Store, proofs: Proofs) -> None:
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
    assert not any(garbage.is_garbage(one) for one in garbage.trashed(store))
    with Gate(store).pushing("a/b", {places.blob(damaged[0])}):
        assert not store.has(places.blob(damaged[0]))


def test_a_run_proves_its_share_of_the_oldest(store: Store, proofs: Proofs) -> None:
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


def test_what_is_overdue_is_proven_whatever_the_share(store: Store, proofs: Proofs) -> None:
    every = [put(store, bytes([n]) * 1000) for n in range(30)]
    for one in every[:20]:
        proofs.add(one, time.time() - 40 * DAY)
    assert scrub_of(store, proofs).run(time.time() - 10).proven == 20


def test_a_request_proves_all_and_is_kept_until_that_is_done(store: Store, proofs: Proofs) -> None:
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


def test_a_request_during_a_run_proves_again(store: Store, proofs: Proofs) -> None:
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


def test_times_survive_lines_that_are_cut_and_are_tidied(store: Store, proofs: Proofs) -> None:
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


def test_the_pace_is_kept(tmp_path: Path) -> None:
    now, naps = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        now[0] += seconds

    pace = Pace(1000, clock=lambda: now[0], sleep=sleep)
    for _ in range(5):
        pace.spend(500)
    assert sum(naps) == pytest.approx(2.5)
    now[0] += 100  # a pause gives no right to a rush
    naps.clear()
    pace.spend(1000)
    assert sum(naps) == pytest.approx(1.0)
    small = tmp_path / "small"
    small.write_bytes(b"x")
    naps.clear()
    prove(str(small), f"sha256:{hashlib.sha256(b'x').hexdigest()}", pace)
    assert sum(naps) == pytest.approx(65.536)


def test_a_link_or_pipe_in_place_of_a_blob_is_odd(store: Store, proofs: Proofs) -> None:
    digest = put(store, b"one")
    path = Path(store.path(places.blob(digest)))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OddFileError):
        prove(str(path), digest, Pace(FAST))
    path.unlink()
    path.symlink_to("/etc/passwd")
    proofs.request()
    found = scrub_of(store, proofs).run(0)
    assert found.damaged == {}
    (text,) = found.odd
    assert "expected a file, found a link" in text


def test_another_file_at_the_place_is_left_alone(store: Store) -> None:
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


def test_odd_links_are_named(store: Store) -> None:
    good, other = put(store, b"good"), put(store, b"other")
    link(store, places.layer("a/b", good), good)
    link(store, places.revision("a/b", good), good)
    link(store, f"{places.tag('a/b', 'fine')}/current/link", good)
    assert list(links.odd(store)) == []
    empty = link(store, places.layer("a/b", other), "")
    foreign = link(store, places.revision("a/c", other), good)
    tag = link(store, f"{places.tag('a/c', 'odd')}/current/link", "hello")
    hanging = link(store, f"{places.tag('a/c', 'gone')}/current/link", good)
    said = sorted(links.odd(store))
    assert len(said) == 4
    for path, expected in (
        (empty, f"expected {other}, found nothing"),
        (foreign, f"expected {other}, found '{good}'"),
        (tag, "expected a digest, found 'hello'"),
        (hanging, "expected a manifest of the repository"),
    ):
        assert any(one.startswith(f"{path}: {expected}") for one in said), (path, said)


def manifest(store: Store, repository: str, *layers: str, tag: str = "") -> str:
    content = {"layers": [{"digest": one} for one in layers]}
    digest = put(store, json.dumps(content).encode())
    link(store, places.revision(repository, digest), digest)
    if tag:
        link(store, f"{places.tag(repository, tag)}/current/link", digest)
    return digest


def test_the_images_that_need_a_blob_are_named(store: Store) -> None:
    shared, own = put(store, b"shared"), put(store, b"own")
    tagged = manifest(store, "a/b", shared, tag="one")
    link(store, f"{places.tag('a/b', 'two')}/current/link", tagged)
    untagged = manifest(store, "c/d", own, shared)
    found = needing(store, Memory(), [shared, own, tagged, "sha256:none"])
    assert {one: sorted(images) for one, images in found.items()} == {
        shared: ["a/b:one", "a/b:two", f"c/d@{untagged}"],
        own: [f"c/d@{untagged}"],
        tagged: ["a/b:one", "a/b:two"],
        "sha256:none": [],
    }


def test_sentences_say_what_to_do() -> None:
    one: Any = {"digest": "sha256:x", "aside": True, "images": ["a:1"]}
    assert sentence(one) == "a:1 cannot be pulled, for sha256:x is damaged. Push it again"
    one["images"] = ["a:1", "a:2", "a:3", "a:4"]
    assert sentence(one).startswith("a:1, a:2, a:3 and 1 others cannot be pulled")
    assert sentence({**one, "aside": False}).endswith("Look at the disk and the memory of the host")


FIGURES: Any = {"blobs": 9, "bytes": 1, "proven": 9, "proven_bytes": 1, "oldest": 0.0,
                "overdue": 0, "damaged": [], "odd": []}  # fmt: skip
HURT: Any = [{"digest": "sha256:x", "aside": True, "images": ["a:1"]}]


@pytest.mark.parametrize(
    ("more", "state", "text"),
    [
        ({}, "ok", "9 blobs, each proven in the last 2 days"),
        ({"damaged": HURT}, "failed", "a:1 cannot be pulled"),
        ({"damaged": HURT * 9}, "failed", "a:1 cannot be pulled"),
        ({"odd": ["x: expected y"]}, "warning", "x: expected y"),
        ({"overdue": 4}, "warning", "4 of 9 blobs were not proven within 30d"),
    ],
)
def test_the_status_says_what_is_damaged(more: Any, state: str, text: str) -> None:
    said = list(scrub.lines({**FIGURES, **more}, "30d", 2 * DAY))
    assert {one[:2] for one in said} == {("scrub", state)}
    assert said[0][2].startswith(text)
    assert len(said) <= 6


def test_a_host_without_a_gate_has_no_scrub(flat: dict[str, Any]) -> None:
    host = desired(parse({**flat, "registry_scrub_rate": "5MiB", "registry_scrub_within": "7d"}))
    plan = json.loads(host.tree["agent/scrub.json"].content)
    assert (plan["rate"], plan["within_seconds"]) == (5 << 20, 7 * DAY)
    assert "IOSchedulingClass=idle" in host.tree["systemd/holdfast-scrub.service"].content
    mirror = parse({**flat, "registry_upstream_url": "https://quay.io"})
    assert "agent/scrub.json" not in desired(mirror).tree


def cached(path: Path) -> int:
    """Return the bytes of a file that are in memory."""
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as mapped:
        pages = -(-len(mapped) // mmap.PAGESIZE)
        found = (ctypes.c_ubyte * pages)()
        view = (ctypes.c_char * len(mapped)).from_buffer(mapped)
        done = ctypes.CDLL(None, use_errno=True).mincore(
            ctypes.c_void_p(ctypes.addressof(view)), ctypes.c_size_t(len(mapped)), found
        )
        assert done == 0, os.strerror(ctypes.get_errno())
        del view
        return mmap.PAGESIZE * sum(one & 1 for one in found)


def test_a_proof_reads_the_disk_and_leaves_nothing_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "data"
    content = os.urandom(8 << 20)
    with path.open("wb") as stream:
        stream.write(content)
        os.fsync(stream.fileno())
    before = cached(path)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert prove(str(path), digest, Pace(FAST)).good
    argv = ["stat", "--file-system", "--format=%T", str(path)]
    kind = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    if kind not in ("tmpfs", "ramfs"):  # these have nothing but memory
        assert before == len(content)
        assert cached(path) == 0


@pytest.mark.parametrize(("number", "damaged"), [(errno.EIO, True), (errno.ESTALE, False)])
def test_what_a_disk_cannot_read_is_damaged_and_a_lost_server_is_not(
    store: Store,
    proofs: Proofs,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    damaged: bool,
) -> None:
    digest = put(store, b"one")

    def fails(*_: Any) -> bytes:
        raise OSError(number, os.strerror(number))

    proofs.request()
    with monkeypatch.context() as patched:
        patched.setattr(reading.os, "read", fails)
        found = scrub_of(store, proofs).run(0)
    assert (digest in found.damaged) is damaged
    assert bool(found.odd) is not damaged
    assert store.has(places.blob(digest)) is not damaged


EXT4 = "EXT4-fs (vda1): recovery complete"
XFS = "XFS (dm-0): Starting recovery (logdev: internal)"
CHECKED = "images: recovering journal"


@pytest.mark.parametrize(
    ("line", "device", "expected"),
    [
        (EXT4, "vda1", True),
        (EXT4, "vdb1", False),
        (f"[    2.1] {XFS}", "dm-0", True),
        (XFS, "", False),
        (CHECKED, "vda1", True),
        ("images: clean, 11/65536 files, 12955/262144 blocks", "vda1", False),
        ("EXT4-fs (vda1): mounted filesystem with ordered data mode", "vda1", False),
    ],
)
def test_a_repair_at_boot_is_seen(line: str, device: str, expected: bool) -> None:
    assert crash.repaired(["Linux version 6.1", line], device) is expected


def test_a_repair_is_looked_for_once_a_boot(
    proofs: Proofs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "journalctl").write_text(f"#!/bin/sh\necho {CHECKED!r}\n")
    (tmp_path / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert crash.request_after_crash(proofs, str(tmp_path))
    assert proofs.requested()
    proofs.fulfilled(time.time())
    assert not crash.request_after_crash(proofs, str(tmp_path))
    assert not proofs.requested()
    proofs.boot = "another one"
    assert crash.request_after_crash(proofs, str(tmp_path))
