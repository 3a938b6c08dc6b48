"""Digests of every algorithm: what is one, where its blob is, and what a survey says of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.storage import copying
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.system import digests
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from holdfast.verification.probe import store

OTHER = "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"
"""Digest by an algorithm of which nothing is known here. Source: OCI, descriptor.md."""


@pytest.mark.parametrize(
    "digest",
    [
        *(digests.of(b"x", name) for name in digests.SIZES),
        OTHER,
        "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564",
        "blake3:" + "0" * 64,
    ],
)
def test_what_is_a_digest(digest: str) -> None:
    assert digests.valid(digest)
    assert digests.of_path(f"/srv/docker/registry/v2/{digests.path_of(digest)}") == digest


@pytest.mark.parametrize(
    "text",
    [
        *("", "sha256:", "sha256:abc", "a++b:0", f"{OTHER}!", ":" + "0" * 64, "sha256" + "0" * 64),
        *("sha256:" + "A" * 64, "sha512:" + "0" * 64, "SHA256:" + "0" * 64, f"sha256:{'0' * 64}\n"),
    ],
)
def test_what_is_none(text: str) -> None:
    assert not digests.valid(text)


def test_paths_of_other_files_have_none() -> None:
    for path in ("docker/registry/v2/repositories/a/_uploads/1/data", "blobs/sha256/ab/cd/data"):
        assert digests.of_path(path) is None


def _put(root: Path, digest: str, content: bytes) -> Path:
    path = root / store.STORE / digests.path_of(digest)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def _link(root: Path, digest: str) -> Path:
    path = root / store.STORE / f"repositories/app/_manifests/tags/{digest[:5]}/current/link"
    path.parent.mkdir(parents=True)
    path.write_text(digest)
    return path


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A healthy store with blobs of every algorithm, and empty ones."""
    root = tmp_path / "images"
    for algorithm in digests.SIZES:
        for content in (b"", algorithm.encode()):
            _put(root, digests.of(content, algorithm), content)
        _link(root, digests.of(b"", algorithm))
    _put(root, OTHER, b"nobody here knows")
    _link(root, OTHER)
    return root


def test_a_healthy_store_is_well(kept: Path) -> None:
    found = store.survey(str(kept), "root", 3600, "")
    assert {kind: found[kind] for kind in store.ODDITIES} == {key: [] for key in store.ODDITIES}
    looked = store.checksums(str(kept))
    assert (looked["wrong"], looked["looked"], looked["of"]) == ([], 6, 7)


def test_each_damage_is_seen_whatever_the_algorithm(kept: Path) -> None:
    emptied = _put(kept, digests.of(b"more", "sha512"), b"")
    changed = _put(kept, digests.of(b"before", "sha384"), b"behind")
    gone = _link(kept, "blake3:" + "0" * 64)
    odd = _link(kept, "sha1:")
    found = store.survey(str(kept), "root", 3600, "")
    assert (found["empty"], found["dangling"]) == ([str(emptied)], [str(gone)])
    assert found["links"] == [str(odd)]
    assert sorted(store.checksums(str(kept))["wrong"]) == sorted([str(emptied), str(changed)])


def test_a_move_checks_every_algorithm(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_preflight, "USER", "root")
    monkeypatch.setattr(storage_preflight, "GROUP", "root")
    moved = tmp_path / "moved"
    moved.mkdir()
    ends = (lambda: Directory(str(kept))), (lambda: Directory(str(moved)))
    assert copying.copy(*ends, 60)["done"]
    digest = "sha512:" + hashlib.sha512(b"before").hexdigest()
    _put(kept, digest, b"behind")
    with pytest.raises(StepError) as raised:
        copying.copy(*ends, 60)
    assert raised.value.lines == [f"{store.STORE}/{digests.path_of(digest)}"]
