"""Which programs the host runs."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

import pytest

from holdfast.rendering.render import binary_path
from holdfast.settings import Settings
from holdfast.settings.sections import Package
from holdfast.verification.inside import Facts, note_path
from holdfast.verification.words import listed, told

OLDEST_NGINX = (1, 22)
"""Debian 12's."""


@pytest.mark.check("supply.registry")
def test_the_registry_has_the_version_of_the_settings(facts: Facts, settings: Settings) -> None:
    # `PATH PACKAGE VERSION`, and the path has a version in it, too.
    said = (facts.said["registry"].split() or ["no answer"])[-1]
    found = re.match(r"v?(\d+\.\d+\.\d+)(?![\d.])", said)
    assert found and found[1] == settings.version, told(settings.version, said)


@pytest.mark.check("supply.binary")
def test_the_registrys_binary_is_the_one_that_was_brought(facts: Facts, settings: Settings) -> None:
    path = binary_path(settings)
    places = [path] if isinstance(settings.distribution, Package) else _place(path)
    problems = [
        f"{place} is not root:root 0755"
        for place in places
        if [facts.files[place].get(key) for key in ("owner", "group", "mode")]
        != ["root", "root", 0o755]
    ]
    if not isinstance(settings.distribution, Package):
        note = json.loads(facts.notes[note_path(settings)] or "{}")
        if note.get("checksum") != settings.distribution.checksum:
            problems.append(f"{path} was not made from {settings.distribution.checksum}")
        if note.get("sha256") != facts.files[path].get("sha256"):
            problems.append(f"{path} was changed since")
    assert not problems, listed(problems)


@pytest.mark.check("supply.nginx")
def test_nginx_is_new_enough(facts: Facts) -> None:
    said = facts.said["nginx"]
    found = re.search(r"nginx/(\d+)\.(\d+)", said)
    assert found and (int(found[1]), int(found[2])) >= OLDEST_NGINX, told(
        f"nginx {OLDEST_NGINX[0]}.{OLDEST_NGINX[1]} or newer",
        said or "no answer",
        "Upgrade the package nginx",
    )


def _place(path: str) -> list[str]:
    return [path, str(PurePosixPath(path).parent)]
