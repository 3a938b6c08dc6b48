"""The issuer's configuration and programs in a generation."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import holdfast.issuer
from holdfast.rendering import ldap, passwords
from holdfast.rendering.layout import Layout
from holdfast.rendering.token_trust import token_trust
from holdfast.settings import Settings
from holdfast.settings.sections.auth import Token

PROGRAMS = "issuer/programs"
"""Folder in a generation from which Python imports the issuer."""


@cache
def programs() -> dict[str, str]:
    """Return the source of each program by its path in a generation."""
    folder = Path(holdfast.issuer.__file__).parent
    return {
        f"{PROGRAMS}/holdfast/issuer/{path.name}": path.read_text()
        for path in sorted(folder.glob("*.py"))
    }


def context(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Return the variables of the issuer's templates; empty in other modes."""
    auth, trust = settings.auth.token, token_trust(settings)
    if auth is None or trust is None:
        return {}
    return {
        "access": {
            "names": {
                "issuer": trust.issuer,
                "service": trust.service,
                "token_seconds": auth.token_seconds,
                "refresh_seconds": auth.refresh_days * 86400,
            },
            "key_ids": "libtrust" if settings.version.startswith("2.") else "rfc7638",
            "rules": [rule.model_dump() for rule in auth.rules],
        },
        "sources": {
            "sources": [
                {"kind": "inventory", **_inventory(settings, auth)},
                *ldap.sources(auth),
                {"kind": "verifiers", "folder": layout.verifiers},
            ]
        },
        "keys": {
            "signing": auth.signing_key.get_secret_value() if auth.signing_key else None,
            "trusted": auth.trusted_keys,
            "token_seconds": auth.token_seconds,
        },
    }


def _inventory(settings: Settings, auth: Token) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    for group in auth.groups:
        for member in group.members:
            groups.setdefault(member, []).append(group.name)
    return {
        "users": {
            name: {"hash": known, "groups": groups.get(name, [])}
            for name, known in passwords.entries(settings)
        },
        "robots": {
            robot.name: {
                "sha256": robot.secret_hash.get_secret_value().removeprefix("sha256:"),
                "until": robot.until,
            }
            for robot in auth.robots
        },
    }
