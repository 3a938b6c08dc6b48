"""Catalogues of an inventory: which versions it can name, facts about them, and status."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from holdfast import catalogue
from holdfast.catalogue import About
from holdfast.deploying.releases import lines
from holdfast.errors import InputError
from holdfast.settings import Complaint, Settings, parse
from holdfast.settings.load import load_files
from tests.unit.test_catalogue import added, keys, release, run

__all__ = ["keys"]

DAY = date(2026, 12, 1)
OWN = {
    "registry_distribution_version": "3.9.0",
    "registry_distribution_catalogue": "own.json",
    "registry_distribution_catalogue_signers": "signers",
}


@pytest.fixture
def own(keys: Path, tmp_path: Path) -> Path:
    """An inventory's folder with a signed catalogue and its keys."""
    assert added(keys, tmp_path / "own.json", release(tmp_path)).exit_code == 0
    (tmp_path / "signers").write_bytes((keys / "signers").read_bytes())
    return tmp_path


@pytest.fixture
def wish(flat: dict[str, Any]) -> dict[str, Any]:
    del flat["registry_distribution_checksum"]
    return {**flat, **OWN}


def read(wish: dict[str, Any], folder: Path) -> Settings:
    filled, faults = load_files(wish, folder)
    assert faults == []
    return parse(filled)


def faults(wish: dict[str, Any], folder: Path) -> list[Complaint]:
    filled, found = load_files(wish, folder)
    with pytest.raises(InputError, match="of which no checksum is known here"):
        parse(filled)
    return found


def test_a_version_is_enough_if_a_signed_catalogue_has_it(own: Path, wish: dict[str, Any]) -> None:
    source = read(wish, own).distribution.obtained
    assert source is not None
    checksum = str(source.checksum_for("arm64"))
    assert checksum in (own / "own.json").read_text()
    assert source.checksums == {checksum}
    assert source.checksum_for("amd64") is None
    older = read({**wish, "registry_distribution_version": "3.1.1"}, own).distribution.obtained
    assert older is not None
    assert older.checksum_for("amd64") is not None


def test_a_catalogue_that_is_not_proven_is_not_read(own: Path, wish: dict[str, Any]) -> None:
    path = own / "own.json"
    text = path.read_text()
    path.write_text(text.replace("3.9.0", "3.9.1"))
    (one,) = faults(wish, own)
    assert one.variable == "registry_distribution_catalogue"
    assert "expected a signature by a key in" in one.text
    path.write_text(text)
    assert load_files(wish, own)[1] == []
    (own / "signers").unlink()
    assert "signers: expected a file, No such file" in faults(wish, own)[0].text
    del wish["registry_distribution_catalogue_signers"]
    assert faults(wish, own)[0].variable == "registry_distribution_catalogue_signers"


def test_the_text_of_a_catalogue_in_the_inventory_is_no_proof(
    own: Path, wish: dict[str, Any]
) -> None:
    wish["registry_distribution_catalogue"] = (own / "own.json").read_text()
    assert faults(wish, own)[0].variable == "registry_distribution_catalogue"


def test_another_checksum_than_the_kit_has_is_refused(keys: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    wrong = catalogue.Catalogue(DAY, {"3.1.1": {"amd64": "sha256:" + "0" * 64}})
    catalogue.write(path, wrong, keys / "one")
    with pytest.raises(InputError, match="A release never changes"):
        catalogue.proven(path, keys / "signers")


def test_facts_are_kept_and_shown(keys: Path, own: Path) -> None:
    path = own / "facts.json"
    given = ["--date", "2026-12-01", "--cve", "CVE-2026-99999", "--client", "tags sort", "--floor"]
    files = [release(own), "--catalogue", path, "--key", keys / "one"]
    assert run("add", "3.9.0", *files, *given).exit_code == 0
    assert added(keys, path, release(own, 62, "amd64")).exit_code == 0
    shown = run("list", "--catalogue", path, "--signers", keys / "signers").output
    assert "3.9.0 is of 2026-12-01" in shown
    assert "3.9.0 fixes CVE-2026-99999" in shown
    assert "since 3.9.0: tags sort" in shown
    found = catalogue.proven(path, keys / "signers")
    assert (found.floor("3.1.1"), found.floor("3.9.0"), found.floor("2.8.3")) == ("3.9.0", "", "")
    bad = run("add", "3.9.0", *files, "--signers", keys / "signers", "--cve", "4711")
    assert isinstance(bad.exception, InputError)


def test_the_kit_knows_what_lies_between_two_versions() -> None:
    between = catalogue.kit().between("3.0.0", "3.1.1")
    assert [version for version, _ in between] == ["3.1.0", "3.1.1"]
    assert "CVE-2026-41888" in between[1][1].cves
    assert catalogue.kit().floor("3.1.0") == "3.1.1"


def test_two_catalogues_are_joined_with_the_higher_floor() -> None:
    one = catalogue.Catalogue(DAY, {"3.9.0": {"amd64": "a"}}, {"3.9.0": About()}, {"3": "3.10.0"})
    other = catalogue.Catalogue(date(2026, 1, 1), {"3.9.0": {"arm64": "b"}}, {}, {"3": "3.9.0"})
    found = catalogue.joined(one, other)
    assert found.releases == {"3.9.0": {"amd64": "a", "arm64": "b"}}
    assert (found.day, found.floors, [*found.about]) == (DAY, {"3": "3.10.0"}, ["3.9.0"])


@pytest.mark.parametrize(
    ("version", "state", "text"),
    [
        ("3.1.1", "ok", "3.9.0 is newer than 3.1.1 (catalogue of 2026-12-01, 2 days old)"),
        ("3.9.0", "ok", "3.9.0 is the newest known (catalogue of 2026-12-01, 2 days old)"),
        ("3.1.0", "warning", "3.1.0 has known vulnerabilities, 3.1.1 has none (catalogue of"),
    ],
)
def test_status_says_what_is_newer(
    flat: dict[str, Any], version: str, state: str, text: str
) -> None:
    own = catalogue.Catalogue(DAY, {"3.9.0": {}, "3.1.1": {}}, {}, {"3": "3.1.1"})
    (found,) = lines(parse(flat), own, version, date(2026, 12, 3))
    assert found[:2] == ("catalogue", state)
    assert found[2].startswith(text)
    assert list(lines(parse(flat), own, None, DAY)) == []


def test_the_floor_is_not_for_a_package(flat: dict[str, Any]) -> None:
    del flat["registry_distribution_checksum"]
    settings = parse({**flat, "registry_distribution_source": "package"})
    own = catalogue.Catalogue(DAY, {"3.1.1": {}}, {}, {"2": "2.8.9"})
    (found,) = lines(settings, own, "2.8.3", DAY)
    assert found[1] == "ok"


def test_a_binary_of_an_own_address_is_for_its_user_to_change(flat: dict[str, Any]) -> None:
    url = "https://mirror.acme.example/registry.tar.gz"
    more = {"registry_distribution_source": "url", "registry_distribution_url": url}
    own = catalogue.Catalogue(DAY, {"3.9.0": {}}, {}, {})
    (found,) = lines(parse(flat | more), own, "3.1.1", DAY)
    assert "holdfast upgrade" not in found[2]
    assert found[2].endswith("then run: holdfast deploy")
