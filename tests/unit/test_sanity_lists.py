"""Lists for `ansible-test sanity` that grow with each module, checked in a second."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.dispatch import VERBS
from ansible_collections.holdfast.registry.plugins.modules import host

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.name for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__"
)


def test_the_documentation_has_the_verbs_of_the_host() -> None:
    documented = yaml.safe_load(host.DOCUMENTATION)["options"]["verb"]["choices"]
    assert sorted(documented) == sorted(VERBS)


@pytest.mark.parametrize("name", MODULES)
def test_each_module_is_known_to_have_our_license(name: str) -> None:
    line = f"plugins/modules/{name} validate-modules:missing-gplv3-license # Apache-2.0"
    assert line in (ROOT / "tests/sanity/ignore-2.19.txt").read_text().splitlines()
