"""The gate: what a manifest names, the locks, and that no acknowledged manifest loses a blob."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate import pushes
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.locks import (
    NamedLocks,
    SharedLock,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.manifests import Request
from ansible_collections.holdfast.registry.plugins.module_utils.gate.protocol import (
    Gate,
    StaleCycleError,
    needed,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.references import (
    closure,
    references,
)
from ansible_collections.holdfast.registry.plugins.module_utils.gate.service import Server
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import (
    blob,
    layer,
    revision,
    tag,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

D = [f"sha256:{number:064x}" for number in range(8)]


def one(digest: str, **more: Any) -> dict[str, Any]:
    return {"digest": digest, **more}


@pytest.mark.parametrize(
    ("manifest", "blobs", "manifests", "subject"),
    [
        ({"config": one(D[0]), "layers": [one(D[1]), one(D[2])]}, (D[0], D[1], D[2]), (), ""),
        ({"layers": [one(D[1], urls=["https://a.example"]), one(D[2])]}, (D[2],), (), ""),
        ({"manifests": [one(D[3]), one(D[4])]}, (), (D[3], D[4]), ""),
        ({"config": one(D[0]), "layers": [], "subject": one(D[5])}, (D[0],), (), D[5]),
        ({"fsLayers": [{"blobSum": D[1]}, {"blobSum": D[1]}]}, (D[1],), (), ""),
        ({"blobs": [one(D[6])]}, (D[6],), (), ""),
        ({"layers": 3, "manifests": [4, {"digest": 5}], "config": []}, (), (), ""),
    ],
)
def test_what_a_manifest_names(
    manifest: dict[str, Any], blobs: tuple[str, ...], manifests: tuple[str, ...], subject: str
) -> None:
    assert references(json.dumps(manifest).encode()) == (blobs, manifests, subject)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_what_is_no_manifest(content: bytes) -> None:
    with pytest.raises(ValueError):
        references(content)


def test_the_manifests_of_an_index_are_followed_once() -> None:
    inner = {D[1]: {"manifests": [one(D[2]), one(D[1])]}, D[2]: {"layers": [one(D[3])]}}
    texts = {digest: json.dumps(text).encode() for digest, text in inner.items()}
    own, found = closure(json.dumps({"manifests": [one(D[1])]}).encode(), texts.get)
    assert own.manifests == (D[1],)
    assert found == {D[1], D[2], D[3]}


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/v2/team/app/manifests/1.0", ("team/app", "1.0")),
        (f"/v2/a/manifests/{D[0]}?x=1", ("a", D[0])),
        (f"/v2/a/manifests/{D[0].replace(':', '%3A')}", ("a", D[0])),
        ("/v2/te%61m%2fapp/manifests/%31.0?x=%2f", ("team/app", "1.0")),
        ("/v2/../etc/manifests/1", None),
        ("/v2/%2e%2e/etc/manifests/1", None),
        ("/v2/a%3Fb/manifests/1", None),
        ("/v2/a/manifests/1%0A", None),
        ("/v2/A/manifests/1", None),
        ("/v2/a/manifests/..", None),
        ("/v2/a/manifests/.x", None),
        ("/v2/a/manifests/sha256:00", None),
        ("/v2/a/tags/list", None),
    ],
)
def test_only_names_of_the_registry_become_paths(target: str, name: tuple[str, str] | None) -> None:
    plan: Any = {"storage": {"directory": "/x"}, "tokens": False, "children": True}
    assert Request("PUT", target, {}, b"", plan, "").name == name


@pytest.mark.parametrize("digest", ["sha256:../../x", "md5:" + "0" * 32, "x", "sha256:" + "A" * 64])
def test_only_digests_become_paths(digest: str) -> None:
    for path in (blob, lambda text: layer("a", text), lambda text: revision("a", text)):
        with pytest.raises(ValueError, match="expected a digest"):
            path(digest)
    with pytest.raises(ValueError, match="expected a tag"):
        tag("a", "../x")


def test_who_waits_to_be_alone_goes_first() -> None:
    lock, order = SharedLock(), list[str]()

    def alone() -> None:
        with lock.alone():
            order.append("alone")

    def shared() -> None:
        with lock.shared():
            order.append("shared")

    with lock.shared():
        first = threading.Thread(target=alone)
        first.start()
        time.sleep(0.05)
        second = threading.Thread(target=shared)
        second.start()
        time.sleep(0.05)
        assert order == []
    first.join(5)
    second.join(5)
    assert order == ["alone", "shared"]


def test_a_name_has_one_lock_while_somebody_uses_it() -> None:
    locks = NamedLocks()
    with locks.of("a") as first, locks.of("a") as second, locks.of("b") as other:
        assert first is second
        assert first is not other
    assert not locks._known


def test_a_record_of_pushes_keeps_the_last_of_each_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "MOST_BYTES", 2000)
    path = tmp_path / "pushes.jsonl"
    record = pushes.Pushes(str(path))
    for number in range(60):
        record.add(
            {
                "time": float(number),
                "repository": "team/app",
                "tag": f"t{number % 3}",
                "digest": D[number % 8],
                "replaced": "",
                "by": "al\nice",
                "address": "::1",
            }
        )
    assert path.stat().st_size <= 2200
    last = {push["tag"]: push["time"] for push in pushes.read(str(path))}
    assert last == {"t0": 57.0, "t1": 58.0, "t2": 59.0}
    with path.open("a") as stream:
        stream.write('{"time": 1, "repos')
    assert len(list(pushes.read(str(path)))) >= 3


SOME = st.sets(st.sampled_from(D[:4]), min_size=1, max_size=3)


class Cleanup(RuleBasedStateMachine):
    """A registry, a gate and a collector, whose steps come in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.store = Directory(self.place.name)
        self.gate = Gate(self.store)
        self.kept: dict[int, set[str]] = {}
        self.cycle, self.marked = "", set[str]()
        self.is_marked = False

    def teardown(self) -> None:
        self.place.cleanup()

    @rule(digests=SOME)
    def upload(self, digests: set[str]) -> None:
        """A client uploads blobs; the registry writes none that is there."""
        for digest in digests:
            for path in (blob(digest), layer("r", digest)):
                if not self.store.has(path):
                    self.store.write(path, b"x")

    @rule(number=st.integers(0, 3), digests=SOME)
    def push(self, number: int, digests: set[str]) -> None:
        places = needed("r", digests, digests)
        with self.gate.pushing("r", places):
            if not self.gate.missing(places):  # as the registry looks, or the gate for it
                self.kept[number] = digests

    @rule(number=st.integers(0, 3))
    def delete(self, number: int) -> None:
        with self.gate.deleting("r"):
            self.kept.pop(number, None)

    @rule()
    def begin(self) -> None:
        self.cycle, self.is_marked = self.gate.begin(), False

    @precondition(lambda self: self.cycle)
    @rule()
    def mark(self) -> None:
        self.marked = {digest for digests in self.kept.values() for digest in digests}
        self.is_marked = True

    @precondition(lambda self: self.is_marked)
    @rule()
    def trash(self) -> None:
        self._batch(self.gate.trash)

    @precondition(lambda self: self.is_marked)
    @rule()
    def purge(self) -> None:
        self._batch(self.gate.purge)

    @rule()
    def crash(self) -> None:
        """The gate is killed; the collector does not know."""
        self.gate = Gate(self.store)

    def _batch(self, call: Any) -> None:
        garbage = [digest for digest in D[:4] if digest not in self.marked]
        try:
            call(self.cycle, [*map(blob, garbage), *(layer("r", digest) for digest in garbage)])
        except StaleCycleError:
            self.cycle, self.is_marked = "", False

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        for digests in self.kept.values():
            assert not self.gate.missing(needed("r", digests, digests))


TestCleanup = Cleanup.TestCase
TestCleanup.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_gate_that_can_accept_nothing_any_more_ends(capsys: pytest.CaptureFixture[str]) -> None:
    ended = threading.Event()
    with ThreadPoolExecutor(1) as pool, socket.socket(socket.AF_UNIX) as deaf:
        Server(deaf, lambda *_: None, pool, ended)
        assert ended.wait(10)
    assert "no connection can be accepted" in capsys.readouterr().err
