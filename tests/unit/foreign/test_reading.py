"""Readers refuse what is no file, at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_files,
    foreign_text,
)

from holdfast.verification.probe import logs, reading
from tests.unit.foreign.attacker import ATTACKER, ODD, given

UNITS = Path(__file__).parents[3] / "templates/systemd"


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_is_refused_at_once(kind: str, secret: Path) -> None:
    path = secret.with_name("odd")
    ODD[kind](path, secret)
    given(path)
    with pytest.raises(foreign_files.OddFileError, match="expected a file, found"):
        foreign_files.read(str(path), 100)
    with pytest.raises(foreign_files.OddFileError):
        foreign_files.read(str(path), 100, owner=ATTACKER.pw_uid, links=True)
    assert logs.tail(str(path)) == {}
    with pytest.raises(OSError, match="expected"):
        reading.sha256(str(path))
    if kind != "a link":
        assert reading.read(str(path)) is None


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 101)
    with pytest.raises(foreign_files.OddFileError, match="at most 100 bytes"):
        foreign_files.read(str(path), 100)
    assert len(foreign_files.read(str(path), 101)) == 101


def test_files_of_the_kernel_are_read() -> None:
    assert foreign_text.read("/proc/self/stat").startswith(str(os.getpid()))


def test_no_folder_below_a_store_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/inner").symlink_to(tmp_path)
    with (
        pytest.raises(foreign_files.OddFileError, match="expected a directory"),
        foreign_files.folder_below(str(tmp_path / "store"), "inner"),
    ):
        pass


def test_each_unit_that_ends_has_a_time_and_a_size() -> None:
    units = {path: path.read_text() for path in UNITS.glob("*.service.j2")}
    ending = {path.name: text for path, text in units.items() if "Type=oneshot" in text}
    assert len(ending) >= 5, sorted(ending)
    for path, text in ending.items():
        assert "\nTimeoutStartSec=" in text, path
        assert "\nMemoryMax=" in text, path
