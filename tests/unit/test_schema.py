"""Generated files are current, and agree with the parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from holdfast.platforms import PLATFORMS
from holdfast.rendering import render
from holdfast.schema.documents import DOCUMENTS
from holdfast.schema.generated import GENERATED
from holdfast.settings import parse
from holdfast.settings.variables import by_name

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_files_are_current(name: str) -> None:
    assert (ROOT / name).read_text() == DOCUMENTS[name](), "run: python -m holdfast.schema"


def test_every_setting_is_in_each_of_them() -> None:
    for name in GENERATED:
        text = (ROOT / name).read_text()
        assert [one for one in by_name() if one not in text] == []


@pytest.fixture
def validator() -> Any:
    return jsonschema.Draft202012Validator(
        json.loads((ROOT / "docs/settings.schema.json").read_text())
    )


@pytest.mark.parametrize("topology", ["single", "mirror"])
def test_an_editor_accepts_the_example(validator: Any, topology: str) -> None:
    example = ROOT / f"inventory/{topology}/group_vars/registry/main.yml"
    assert list(validator.iter_errors(yaml.safe_load(example.read_text()))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"registry_hostnme": "x"},
        {"registry_proxy_port": "443"},
        {"registry_log_level": "trace"},
        {"registry_auth_users": [{"nme": "alice"}]},
    ],
    ids=str,
)
def test_an_editor_flags(validator: Any, wrong: dict[str, Any]) -> None:
    assert list(validator.iter_errors(wrong)) != []


def test_an_editor_leaves_jinja_and_others_alone(validator: Any) -> None:
    fine = {"registry_proxy_port": "{{ port }}", "ansible_user": "x"}
    assert list(validator.iter_errors(fine)) == []


DEFAULTS = yaml.safe_load((ROOT / "roles/registry/defaults/main.yml").read_text())


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"registry_auth_mode": "token", "registry_auth_rules": []},
        {
            "registry_storage_driver": "s3",
            "registry_storage_bucket": "images",
            "registry_storage_region": "eu-central-1",
        },
        {"registry_hardening_profile": "host"},
        {"registry_cache_mode": "local"},
        {"registry_upstream_url": "https://registry-1.docker.io"},
    ],
    ids=str,
)
def test_defaults_of_the_role_change_nothing(flat: dict[str, Any], given: dict[str, Any]) -> None:
    assert "registry_proxy_port" in DEFAULTS
    settings = {**flat, **given}
    assert render(parse({**DEFAULTS, **settings})).digest == render(parse(settings)).digest


@pytest.mark.parametrize("role", ["registry", "client"])
def test_every_entry_point_of_a_role_is_documented(role: str) -> None:
    folder = ROOT / "roles" / role
    specs = yaml.safe_load((folder / "meta/argument_specs.yml").read_text())["argument_specs"]
    assert {path.stem for path in folder.glob("tasks/*.yml")} == specs.keys()


def test_the_role_says_which_platforms_there_are() -> None:
    known = yaml.safe_load((ROOT / "roles/registry/meta/main.yml").read_text())["galaxy_info"]
    (debian,) = known["platforms"]
    assert len(debian["versions"]) == len(PLATFORMS)
    assert all(row.title.startswith("Debian") for row in PLATFORMS.values())
