"""The demo's name in /etc/hosts: one line, of the newest demo, and nobody else's line is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import names

NAME = "registry.holdfast.test"
OWN = "127.0.0.1 localhost\n192.0.2.9 other.test  # holdfast demo 11111111\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that stands for /etc/hosts."""
    path = tmp_path / "hosts"
    monkeypatch.setattr(names, "FILE", path)
    path.write_text(OWN)
    return path


def test_a_demo_adds_its_name_and_removes_it(file: Path) -> None:
    for address in ("192.0.2.1", "192.0.2.2"):
        assert not names.add(address, NAME)
        added = file.read_text().removeprefix(OWN)
        assert added.startswith(f"{address} {NAME}  # holdfast demo ")
        assert len(added.splitlines()) == 1
    names.remove()
    assert file.read_text() == OWN


def test_the_newest_demo_has_the_name(file: Path) -> None:
    file.write_text(f"{OWN}192.0.2.3 {NAME}  # holdfast demo 22222222\n")
    assert names.add("192.0.2.1", NAME)
    assert "192.0.2.3" not in file.read_text()
    names.remove()
    assert file.read_text() == OWN
