"""Check the installed programs."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

import pytest

from holdfast.rendering.registry_binary import binary_path
from holdfast.settings import Settings
from holdfast.verification.host_facts import NGINX, PROXY, Facts, binary_note_path
from holdfast.verification.messages import listed, mismatch

OLDEST_NGINX = (1, 22)
"""The version of Debian 12."""
OLDEST_OPENSSL = (3, 0)
"""The oldest version with long-term support. Source: openssl-library.org/policies/releasestrat."""


@pytest.mark.check("supply.registry")
def test_the_registry_has_the_version_of_the_settings(facts: Facts, settings: Settings) -> None:
    # `PATH PACKAGE VERSION`, and the path has a version in it, too.
    text = (facts.outputs["registry"].split() or ["no answer"])[-1]
    found = re.match(r"v?(\d+\.\d+\.\d+)(?![\d.])", text)
    assert found and found[1] == settings.version, mismatch(settings.version, text)


@pytest.mark.check("supply.binary")
def test_the_registrys_binary_is_the_one_that_was_brought(facts: Facts, settings: Settings) -> None:
    path = binary_path(settings)
    places = [path] if settings.distribution.from_package else _place(path)
    problems = [
        f"{public_endpoint} is not root:root 0755"
        for public_endpoint in places
        if [facts.files[public_endpoint].get(key) for key in ("owner", "group", "mode")]
        != ["root", "root", 0o755]
    ]
    build = settings.distribution.obtained
    if build:
        note = json.loads(facts.note_files[binary_note_path(settings)] or "{}")
        if note.get("checksum") not in build.checksums:
            expected = " or ".join(sorted(build.checksums))
            problems.append(f"{path} was not made from {expected}")
        if note.get("sha256") != facts.files[path].get("sha256"):
            problems.append(f"{path} was changed since")
    assert not problems, listed(problems)


@pytest.mark.check("supply.running")
def test_what_runs_is_what_lies_on_disk(facts: Facts, settings: Settings) -> None:
    problems = []
    for unit, path in ((facts.registry, binary_path(settings)), (PROXY, NGINX)):
        running = {process["program"] for process in facts.processes.get(unit, [])}
        if running - {facts.programs[path]}:
            problems.append(f"{unit} runs another program than {path}, or an older one")
    assert not problems, listed(problems, "Run: systemctl restart holdfast-proxy, or deploy")


@pytest.mark.check("supply.packages")
def test_packages_are_as_they_came(facts: Facts) -> None:
    problems = [
        f"{path} of {package} was changed"
        for package, paths in facts.extra["packages"].items()
        for path in paths
    ]
    assert facts.extra["packages"], mismatch("a package of nginx", "none")
    assert not problems, listed(problems, "Run: apt-get install --reinstall PACKAGE")


@pytest.mark.check("supply.sources")
def test_packages_come_signed(facts: Facts) -> None:
    problems = [f"{path} takes packages without a signature" for path in facts.sources]
    assert not problems, listed(problems, "Remove trusted=yes and AllowUnauthenticated")


@pytest.mark.check("supply.updates")
def test_no_security_update_waits(facts: Facts) -> None:
    waiting = [f"{package} waits" for package in facts.extra["updates"]]
    assert not waiting, listed(waiting, "Run: apt-get upgrade")


@pytest.mark.check("supply.openssl")
def test_nginx_speaks_tls_by_a_supported_openssl(facts: Facts) -> None:
    text = facts.outputs["nginx"]
    found = re.search(r"(?:running|built) with OpenSSL (\d+)\.(\d+)", text)
    wanted = f"OpenSSL {OLDEST_OPENSSL[0]}.{OLDEST_OPENSSL[1]} or newer"
    assert found and (int(found[1]), int(found[2])) >= OLDEST_OPENSSL, mismatch(
        wanted, found[0] if found else "none", "Upgrade the package openssl"
    )


@pytest.mark.check("supply.nginx")
def test_nginx_is_new_enough(facts: Facts) -> None:
    text = facts.outputs["nginx"].partition("\n")[0]
    found = re.search(r"nginx/(\d+)\.(\d+)", text)
    assert found and (int(found[1]), int(found[2])) >= OLDEST_NGINX, mismatch(
        f"nginx {OLDEST_NGINX[0]}.{OLDEST_NGINX[1]} or newer",
        text or "no answer",
        "Upgrade the package nginx",
    )


def _place(path: str) -> list[str]:
    return [path, str(PurePosixPath(path).parent)]
