"""Catalogues of releases: what is known, signatures, and archives that are not what they say."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from holdfast import catalogue, releases
from holdfast.cli.main import group
from holdfast.errors import InputError, RefusedError
from tests.unit.test_distribution import archive, elf

DAY = date(2026, 11, 27)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys `one` and `other`, and `signers`, which trusts only the first."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("one", "other"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(argv, check=True)
    (folder / "signers").write_text(f"ann@acme.example {(folder / 'one.pub').read_text()}")
    return folder


def release(folder: Path, machine: int = 183, name: str = "arm64") -> Path:
    path = folder / f"registry_3.9.0_linux_{name}.tar.gz"
    path.write_bytes(archive(elf(machine)))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["catalogue", *map(str, arguments)])


def added(keys: Path, path: Path, *archives: Path, key: str = "one") -> Result:
    more = ("--signers", keys / "signers") if path.exists() else ()
    return run("add", "3.9.0", *archives, "--catalogue", path, "--key", keys / key, *more)


def test_the_kit_has_a_catalogue_with_its_day() -> None:
    found = catalogue.parsed(releases.FILE.read_text(), "it")
    assert found.releases == releases.CHECKSUMS
    assert found.age(date(2026, 12, 1)) == (date(2026, 12, 1) - found.day).days
    done = run("list")
    assert f"Catalogue of {found.day}, " in done.output
    assert "3.1.1    amd64 arm64 " in done.output
    assert "registry_distribution_checksum" not in done.output


def test_a_release_is_added_by_its_files_and_signed(keys: Path, tmp_path: Path) -> None:
    path, one = tmp_path / "ours.json", release(tmp_path)
    checksum = hashlib.sha256(one.read_bytes()).hexdigest()
    Path(f"{one}.sha256").write_text(f"{checksum}  {one.name}\n")
    assert added(keys, path, one).exit_code == 0
    assert added(keys, path, release(tmp_path, 62, "amd64")).exit_code == 0
    done = run("list", "--catalogue", path, "--signers", keys / "signers")
    assert "0 days old, signed by ann@acme.example" in done.output
    assert "3.9.0    amd64 arm64" in done.output
    assert f"  registry_distribution_checksum: sha256:{checksum}  # arm64" in done.output
    shown = run("list", "--catalogue", path, "--signers", keys / "signers", "--json").output
    assert json.loads(shown)["releases"]["3.1.1"] == releases.CHECKSUMS["3.1.1"]


@pytest.mark.parametrize("how", ["changed", "other key", "other purpose", "no signature"])
def test_a_catalogue_without_a_good_signature_is_refused(
    keys: Path, tmp_path: Path, how: str
) -> None:
    path, signature = tmp_path / "ours.json", tmp_path / "ours.json.sig"
    added(keys, path, release(tmp_path), key="other" if how == "other key" else "one")
    if how == "changed":
        catalogue.verified(path, keys / "signers")
        path.write_text(path.read_text().replace("3.9.0", "3.9.1"))
    if how == "other purpose":
        signature.unlink()
        argv = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(keys / "one"), "-n", "file", str(path)]
        subprocess.run(argv, check=True, capture_output=True)
    if how == "no signature":
        signature.write_text("")
    with pytest.raises(RefusedError, match="expected a signature by a key in"):
        catalogue.verified(path, keys / "signers")


def test_an_existing_catalogue_is_extended_only_if_it_is_proven(keys: Path, tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    added(keys, path, release(tmp_path))
    path.write_text(path.read_text().replace("3.9.0", "3.9.1"))
    before = path.read_bytes()
    assert isinstance(added(keys, path, release(tmp_path)).exception, RefusedError)
    done = run("add", "3.9.0", release(tmp_path), "--catalogue", path, "--key", keys / "one")
    assert isinstance(done.exception, InputError)
    assert path.read_bytes() == before


def test_files_that_are_no_such_release_are_refused(tmp_path: Path) -> None:
    empty = catalogue.Catalogue(DAY, {})
    good, text = release(tmp_path), tmp_path / "text"
    text.write_text("no archive")
    with pytest.raises(InputError, match=r"expected a \.tar\.gz with a static registry"):
        catalogue.extended(empty, "3.9.0", [text], DAY)
    with pytest.raises(InputError, match=r"expected three numbers, got 3\.9"):
        catalogue.extended(empty, "3.9", [good], DAY)
    found = catalogue.extended(empty, "3.9.0", [good], DAY)
    good.write_bytes(archive(elf(183) + b"another build"))
    with pytest.raises(InputError, match="A release never changes"):
        catalogue.extended(found, "3.9.0", [good], DAY)
    Path(f"{good}.sha256").write_text("0" * 64)
    with pytest.raises(InputError, match="expected the checksum in"):
        catalogue.extended(empty, "3.9.0", [good], DAY)


@pytest.mark.parametrize(
    "change",
    [
        {"date": "yesterday"},
        {"releases": []},
        {"releases": {"3.9.0": {"amd64": "sha256:1"}}},
        {"releases": {"3.9.0\n": {"amd64": "sha256:" + "0" * 64}}},
        {"releases": {"3.9.0": {"\x1b[2J": "sha256:" + "0" * 64}}},
        {"about": {"3.9.0": {"date": "yesterday"}}},
        {"about": {"3.9.0": {"cves": ["CVE-1"]}}},
        {"about": {"3.9.0": {"clients": ["\x1b[2J"]}}},
        {"about": {"3.9.0": ["fact"]}},
        {"floors": {"3": "3.1"}},
        {"floors": ["3.1.1"]},
    ],
)
def test_what_is_no_catalogue_is_refused(change: dict[str, Any]) -> None:
    text = json.dumps({"date": "2026-11-27", "releases": {}, **change})
    with pytest.raises(InputError, match="here: expected a catalogue of releases"):
        catalogue.parsed(text, "here")


def test_a_key_that_cannot_sign_leaves_the_catalogue(keys: Path, tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    with pytest.raises(RefusedError, match="expected a private key that signs"):
        catalogue.write(path, catalogue.Catalogue(DAY, {}), keys / "signers")
    assert list(tmp_path.iterdir()) == []
