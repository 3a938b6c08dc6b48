"""Skips: what tests need of a machine, and the skips that a whole run may have."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import NoReturn

import pytest

NEEDS = {
    "axe": "registry.npmjs.org, for axe-core",
    "browser": "Debian's package chromium-headless-shell, or chromium",
    "cache": "Valkey or Redis on this machine",
    "history": "git's history back to the version before",
    "hosts": "systemd containers (python3 -m testhosts doctor)",
    "keycloak": "Java, Maven and Maven Central",
    "man": "Debian's packages man-db and mandoc",
    "molecule": "systemd containers for Molecule's scenarios",
    "package": "Debian's packages docker-registry, and prometheus for promtool",
    "release": "releases of the registry that are not the newest",
    "restic": "Debian's package restic",
    "root": "root on this machine",
    "slapd": "Debian's package slapd",
    "tinyproxy": "Debian's package tinyproxy-bin, and root",
    "vm": "QEMU",
}
"""By a word of $HOLDFAST_REQUIRE (`hosts,vm`, or `all`): what is needed."""


def required(need: str) -> bool:
    """Return True if $HOLDFAST_REQUIRE names a need. ValueError if it names an unknown one."""
    words = set(filter(None, os.environ.get("HOLDFAST_REQUIRE", "").split(",")))
    unknown = words - {*NEEDS, "all"}
    if unknown:
        known = ", ".join(sorted(NEEDS))
        given = ", ".join(sorted(unknown))
        raise ValueError(f"HOLDFAST_REQUIRE: expected all, or words of {known}; given {given}")
    return need in words or "all" in words


def lacks(need: str, why: str) -> NoReturn:
    """Skip a test for what this machine lacks, or fail it if $HOLDFAST_REQUIRE names the need."""
    if required(need):
        pytest.fail(f"HOLDFAST_REQUIRE={need}: {why}", pytrace=False)
    pytest.skip(f"{need}: {why}")


@dataclass(frozen=True)
class Allowed:
    """A skip that a whole run may have."""

    test: str
    """Regular expression for all of `report class.name`."""
    message: str
    """Regular expression for all of the skip's message."""
    why: str


ALLOWED = (
    Allowed(
        r"integration .*test_whoever_asks\[(htpasswd-and-TLS|mutual-TLS|read-only|mirror)-.*",
        r"logins are those of another mode",
        "each way to log in is tried in one mode; these modes change nothing about it",
    ),
    Allowed(
        r"molecule-\S+ .*",
        # The state comes first, and after the reason what to do.
        "(not applicable: |not checked: )?("
        + "|".join(
            (
                # A setting, with its name.
                r"(the proxy reads no images: |the registry sends them: )?"
                r"registry_\w+ (is|has) .+",
                r"(the proxy reads no images: |the registry sends them: )?"
                r"registry_notifications_endpoints: .+ is notified of pulls of blobs",
                r".+ \(registry_\w+(: \w+)?(, registry_\w+)*\)(, see storage\.readonly)?",
                # What follows from settings.
                r"TLS ends at the proxy itself",
                r"TLS ends at a load balancer, and --by-address looks behind it.*",
                r"there is one certificate",
                r"with TLS 1\.3 alone this machine cannot ask for one kind.*",
                r"one load balancer brings all connections",
                r"no scrub runs here: the images are not in a directory behind the gate",
                r"images are (in .+|not on this host)",
                r"anybody may pull",
                r"the cache (is not ours: registry_cache_mode is external|says nothing of it)",
                # What a mirror has not, before somebody pulls from it.
                r"(there is no image yet|no layer was pulled since .+)",
                # What the platform, or the machine below a container, has not.
                r"OpenSSL 3\.0 of Debian 12 has none",
                r"the host has no (pids|memory) controller for its units",
            )
        )
        + ")",
        "verification's controls that do not apply to a scenario's settings or platform",
    ),
    Allowed(
        r"molecule-vm .*",
        r"not applicable: the kernel has no .+",
        "the kernel of the distribution is built without a parameter",
    ),
)


def allowed(test: str, message: str) -> bool:
    """Return True if the list has a skip."""
    return any(
        re.fullmatch(one.test, test) and re.fullmatch(one.message, message, re.DOTALL)
        for one in ALLOWED
    )
