"""A repair of the file system at boot requests that all is proven."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.scrub import (
    crash,
)
from ansible_collections.holdfast.registry.plugins.module_utils.scrub.proofs import (
    Proofs,
)

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
