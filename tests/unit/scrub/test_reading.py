"""One proof: its pace, its file, its traces in memory, its errors."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import mmap
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate import store as places
from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.scrub import (
    reading,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import (
    Proofs,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.reading import Pace, prove
from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_files import (
    OddFileError,
)

from tests.unit.scrub.stores import FAST, put, scrub_of


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


def test_a_link_or_pipe_in_place_of_a_blob_is_odd(store: Directory, proofs: Proofs) -> None:
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
    store: Directory,
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
