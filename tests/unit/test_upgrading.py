"""Upgrades: the lines of the inventory, the choice of a version, and the plan."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from holdfast import catalogue
from holdfast.catalogue import About, Catalogue
from holdfast.errors import InputError, RefusedError
from holdfast.settings import Settings, parse
from holdfast.upgrading import choosing, plan
from holdfast.upgrading.configuration import changes as key_changes
from holdfast.upgrading.inventory_line import Change, changes
from holdfast.upgrading.plan import Step

HOSTS = "---\nregistry:\n  hosts:\n    registry1: {}\n"
CHECKSUM = "sha256:" + "b" * 64


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "group_vars/registry").mkdir(parents=True)
    (tmp_path / "hosts.yml").write_text(HOSTS)
    return tmp_path


def main(inventory: Path, text: str) -> Path:
    path = inventory / "group_vars/registry/main.yml"
    path.write_bytes(text.encode())
    return path


def changed(inventory: Path, text: str, version: str = "3.1.2") -> str:
    """Return a file as an upgrade writes it; nothing else may be written."""
    path = main(inventory, text)
    (one,) = changes([inventory], version)
    assert one.path == path
    one.write()
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# ours\nregistry_distribution_version: 3.1.1  # tested\nother: 1\n",
            "# ours\nregistry_distribution_version: 3.1.2  # tested\nother: 1\n",
        ),
        ('registry_distribution_version: "3.1.1"', 'registry_distribution_version: "3.1.2"'),
        (
            "registry_distribution_version: '3.1.1'\r\n",
            "registry_distribution_version: '3.1.2'\r\n",
        ),
        ("{registry_distribution_version: 3.1.1}\n", "{registry_distribution_version: 3.1.2}\n"),
        (
            "registry_distribution_source: package  # Debian's\n# end\n",
            "registry_distribution_source: release  # Debian's\n"
            "registry_distribution_version: 3.1.2\n# end\n",
        ),
        (
            "a: 1\r\nregistry_distribution_source: release",
            "a: 1\r\nregistry_distribution_source: release\r\n"
            "registry_distribution_version: 3.1.2\r\n",
        ),
        (
            "registry_distribution_version: 3.1.1\n# of ann\n"
            f"registry_distribution_checksum: {CHECKSUM}  # looked at\n# end\n",
            "registry_distribution_version: 3.1.2\n# of ann\n# end\n",
        ),
    ],
)
def test_one_line_is_changed_and_comments_stay(inventory: Path, before: str, after: str) -> None:
    assert changed(inventory, before) == after


def test_a_line_deep_in_the_inventory_is_changed(inventory: Path) -> None:
    path = inventory / "hosts.yml"
    path.write_text(f"{HOSTS}  vars:\n    registry_distribution_source: package\n")
    (one,) = changes([inventory], "3.1.2")
    assert one.after == (
        f"{HOSTS}  vars:\n    registry_distribution_source: release\n"
        "    registry_distribution_version: 3.1.2\n"
    )
    assert one.lines == (
        f"{path}:6: -    registry_distribution_source: package",
        f"{path}:6: +    registry_distribution_source: release",
        f"{path}:7: +    registry_distribution_version: 3.1.2",
    )


def test_an_inventory_that_names_the_version_is_left_alone(inventory: Path) -> None:
    main(inventory, "registry_distribution_version: 3.1.2\n")
    assert changes([inventory], "3.1.2") == []


def test_an_inventory_without_a_version_gets_a_line(inventory: Path) -> None:
    (one,) = changes([inventory], "3.1.2")
    assert one.path == inventory / "group_vars/registry/distribution.yml"
    one.write()
    assert one.path.read_text() == "---\nregistry_distribution_version: 3.1.2\n"
    assert changes([inventory], "3.1.2") == []
    one.undo()
    assert not one.path.exists()
    (inventory / "group_vars/registry.yml").write_text("---\na: 1")
    (one,) = changes([inventory], "3.1.2")
    assert one.after == "---\na: 1\nregistry_distribution_version: 3.1.2\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("registry_distribution_version: '{{ newest }}'\n", "expected a plain value"),
        ("registry_distribution_version: >-\n  3.1.1\n", "expected a plain value"),
        ("registry_distribution_version: &v 3.1.1\n", "expected a plain value"),
        ("{registry_distribution_source: package}\n", "expected a line of its own"),
        (
            f"{{registry_distribution_version: 3.1.1, registry_distribution_checksum: {CHECKSUM}}}",
            "expected a line of its own",
        ),
    ],
)
def test_what_a_person_has_to_change_is_left_and_said(
    inventory: Path, text: str, told: str
) -> None:
    path = main(inventory, text)
    with pytest.raises(InputError, match=told) as caught:
        changes([inventory], "3.1.2")
    assert "then run: holdfast upgrade --to 3.1.2" in str(caught.value)
    assert path.read_text() == text


def test_several_places_are_named(inventory: Path) -> None:
    main(inventory, "registry_distribution_version: 3.1.1\n")
    (inventory / "host_vars").mkdir()
    (inventory / "host_vars/registry1.yml").write_text("registry_distribution_version: 3.1.1\n")
    with pytest.raises(InputError, match=r"found .*main\.yml:1, .*registry1\.yml:1\. Let it say"):
        changes([inventory], "3.1.2")


def test_what_somebody_else_wrote_meanwhile_stays(inventory: Path) -> None:
    path = main(inventory, "registry_distribution_version: 3.1.1\n")
    (one,) = changes([inventory], "3.1.2")
    one.write()
    one.undo()
    assert path.read_text() == "registry_distribution_version: 3.1.1\n"
    one.write()
    path.write_text("registry_distribution_version: 3.1.3\n")
    one.undo()
    assert path.read_text() == "registry_distribution_version: 3.1.3\n"


def test_a_file_that_is_gone_is_not_brought_back(tmp_path: Path) -> None:
    Change(tmp_path / "gone.yml", "before", "after", ()).undo()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def plain(flat: dict[str, Any]) -> dict[str, Any]:
    del flat["registry_distribution_checksum"]
    return flat


@pytest.fixture
def own() -> str:
    """Text of a catalogue with 3.9.0 and the floor 3.1.1, which removed a key in 3.5.0."""
    about = {"3.5.0": About(removed=("health.storagedriver",), cves=("CVE-2026-11111",))}
    checksums = {"amd64": CHECKSUM}
    found = Catalogue(date(2026, 12, 1), {"3.9.0": checksums}, about, {"3": "3.2.0"})
    return found.text


def settings(plain: dict[str, Any], **more: Any) -> Settings:
    return parse({**plain, **{f"registry_distribution_{key}": one for key, one in more.items()}})


def test_the_newest_known_version_is_chosen(plain: dict[str, Any], own: str) -> None:
    old = settings(plain, source="package")
    assert choosing.chosen({"a": old, "b": settings(plain)}, None) == catalogue.kit().newest
    assert choosing.chosen({"a": settings(plain, catalogue=own)}, None) == "3.9.0"
    given = settings(plain, version="3.9.5", checksum=CHECKSUM)
    assert choosing.chosen({"a": given}, None) == "3.9.5"
    assert choosing.chosen({"a": given, "b": old}, None) == catalogue.kit().newest


def test_a_version_without_a_checksum_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"a checksum is known \(3\.1\.1\), got 3\.9\.0"):
        choosing.chosen({"a": settings(plain)}, "3.9.0")
    with pytest.raises(InputError, match="That is the platform's package: set registry_dist"):
        choosing.chosen({"a": settings(plain)}, "2.8.3")


def test_a_version_below_the_floor_is_refused(plain: dict[str, Any], own: str) -> None:
    with pytest.raises(RefusedError, match=r"expected 3\.2\.0 or newer, .* got 3\.1\.1"):
        choosing.chosen({"a": settings(plain, catalogue=own)}, "3.1.1")


def test_a_file_of_ones_own_is_not_upgraded(plain: dict[str, Any]) -> None:
    given = settings(plain, source="file", path="registry", checksum=CHECKSUM)
    with pytest.raises(InputError, match="expected release or package, got file on a"):
        choosing.chosen({"a": given}, None)


def test_a_plan_says_what_comes(plain: dict[str, Any]) -> None:
    redis = {"registry_cache_mode": "external", "registry_cache_addresses": ["redis.test:6379"]}
    old = settings({**plain, **redis}, source="package")
    new = settings({**plain, **redis})
    one, other = (Step(name, "2.8.3", old, new) for name in ("a", "b"))
    first, *more = plan.lines([one, other, Step("c", "3.1.1", new, new)])
    assert first == "a, b: registry 2.8.3 to 3.1.1"
    assert "  3.1.0 fixes CVE-2026-33540, CVE-2026-35172" in more
    assert any("schema 1" in line for line in more)
    assert any(line.startswith("  configuration, gone: redis.addr") for line in more)
    assert any(line.startswith("  configuration, new: redis.addrs") for line in more)
    assert "  no backup is set up (registry_backup_target): look that you have one" in more
    assert more[-1] == "c: serves registry 3.1.1 already"
    assert plan.facts_of([one])["a"] == {
        "serving": "2.8.3",
        "wanted": "3.1.1",
        "backup": False,
        "lines": list(one.lines()),
    }


def test_a_plan_says_that_it_goes_back(plain: dict[str, Any]) -> None:
    step = Step("a", "3.9.0", settings(plain), settings(plain))
    assert next(iter(plan.lines([step]))) == "a: registry 3.9.0 to 3.1.1, an older one"
    assert list(step.lines()) == []


def test_a_key_that_was_removed_is_refused(plain: dict[str, Any], own: str) -> None:
    new = settings(plain, version="3.9.0", catalogue=own)
    plan.refuse_removed([Step("a", "3.5.0", new, new)])
    with pytest.raises(RefusedError, match=r"a: registry/config\.yml: expected no health\.storage"):
        plan.refuse_removed([Step("a", "3.1.1", new, new)])


def test_keys_are_compared_without_values() -> None:
    before = {"http": {"secret": "one", "addr": "x"}, "auth": {"token": {"realm": "r"}}}
    after = {"http": {"secret": "two", "addr": "x"}, "redis": {"addrs": ["y"]}}
    found = list(key_changes(before, after))
    assert found == ["gone: auth", "new: redis", "other value: http.secret"]
