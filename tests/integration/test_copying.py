"""Copies of a registry's storage to a real bucket and back, interrupted and continued."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.storage import copying
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.backends import (
    STORE,
    Directory,
    Objects,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

from tests.integration import s3

BLOBS = "docker/registry/v2/blobs/sha256"
LINK = "docker/registry/v2/repositories/team/app/_layers/sha256/x/link"
UPLOAD = "docker/registry/v2/repositories/team/app/_uploads/y/data"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    with s3.serving(tmp_path_factory.mktemp("s3")) as one:
        yield one


@pytest.fixture(autouse=True)
def _owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_preflight, "USER", "root")
    monkeypatch.setattr(storage_preflight, "GROUP", "root")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A directory with blobs of many sizes, one of more than two parts, a link and an upload."""
    random_bytes = random.Random(3).randbytes
    for size in (0, 1, 1000, (16 << 20), (37 << 20) + 5):
        _blob(tmp_path, random_bytes(size))
    for name in (LINK, UPLOAD):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("sha256:" + "a" * 64)
    return tmp_path


def _blob(root: Path, content: bytes, name: str = "") -> Path:
    digest = name or hashlib.sha256(content).hexdigest()
    path = root / BLOBS / digest[:2] / digest / "data"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_there_and_back(
    server: s3.Server, kept: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = f"there/{time.monotonic_ns()}"
    bucket = lambda: Objects(server.bucket(root=root))  # noqa: E731
    there = copying.copy(lambda: Directory(str(kept)), bucket, 60)
    assert (there["done"], there["files"], there["all_files"]) == (True, 6, 6)
    again = tmp_path_factory.mktemp("back")
    back = copying.copy(bucket, lambda: Directory(str(again)), 60)
    assert back["done"]
    wanted = _files(kept)
    del wanted[UPLOAD]
    assert _files(again) == wanted


def test_a_cut_is_gone_on_with_and_what_is_gone_goes(server: s3.Server, kept: Path) -> None:
    root = f"cut/{time.monotonic_ns()}"
    bucket = lambda: Objects(server.bucket(root=root))  # noqa: E731
    nothing = copying.copy(lambda: Directory(str(kept)), bucket, 0)
    assert (nothing["done"], nothing["files"]) == (False, 0)
    before = server.bucket()
    before.ask("s3:PutObject", "PUT", f"{root}/docker/registry/v2/stale", body=b"x")
    before.ask("s3:PutObject", "PUT", f"{root}/{LINK}", body=b"half")
    rounds = 0
    while not copying.copy(lambda: Directory(str(kept)), bucket, 0.05)["done"]:
        rounds += 1
    assert rounds > 0
    place = bucket()
    assert dict(place.names()) == {
        name: len(content) for name, content in _files(kept).items() if name != UPLOAD
    }
    assert b"".join(place.read(LINK)).startswith(b"sha256:")


class Slow(Directory):
    """A directory whose list takes long, as one of very many files does."""

    def names(
        self, under: str = STORE, *, without: tuple[str, ...] = (), strict: bool = False
    ) -> Iterator[tuple[str, int]]:
        time.sleep(0.2)
        yield from super().names(under, without=without, strict=strict)

    def write(self, name: str, content: Iterator[bytes]) -> str:
        time.sleep(0.05)
        return super().write(name, content)


def test_where_a_list_takes_long_more_is_copied_before_the_next(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        _blob(kept, f"{number}".encode())
    ends = lambda: Directory(str(kept)), lambda: Slow(str(end))
    end = tmp_path_factory.mktemp("patient")
    assert not copying.copy(*ends, 0.05)["done"]
    end = tmp_path_factory.mktemp("again")
    monkeypatch.setattr(copying, "LISTING_SECONDS", 0.001)
    assert copying.copy(*ends, 0.05)["done"]


def test_a_damaged_blob_is_told_and_not_copied(server: s3.Server, kept: Path) -> None:
    bucket = lambda: Objects(server.bucket(root=f"bad/{kept.name}"))  # noqa: E731
    _blob(kept, b"other bytes", "b" * 64)
    _blob(kept, random.Random(4).randbytes(40 << 20), "c" * 64)
    with pytest.raises(StepError) as caught:
        copying.copy(lambda: Directory(str(kept)), bucket, 60)
    assert caught.value.message.startswith("2 files are damaged")
    assert [line.split("/")[-2] for line in caught.value.lines] == ["b" * 64, "c" * 64]
    assert len(dict(bucket().names())) == 6
    uploads = server.bucket().ask("s3:ListBucketMultipartUploads", "GET", query={"uploads": ""})
    assert uploads.xml().find("Upload") is None
