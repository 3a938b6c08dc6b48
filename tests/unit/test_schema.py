"""What is generated is current, and says what the parser says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from holdfast.schema import DOCUMENTS, GENERATED
from holdfast.settings.flat import by_name

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
