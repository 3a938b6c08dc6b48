"""What the issuer of tokens goes by, and the programs that it is made of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import holdfast.issuer
from holdfast.rendering import directory, passwords
from holdfast.rendering.trust import token_trust
from holdfast.settings import Settings
from holdfast.settings.auth import Token

PROGRAMS = "issuer/programs"
"""Folder in a generation from which Python imports the issuer."""
PACKAGES = (
    *("python3-starlette", "python3-uvicorn", "python3-jwt"),
    *("python3-bcrypt", "python3-cryptography"),
)
"""Debian's packages that it always needs."""


@cache
def programs() -> dict[str, str]:
    """Return the text of each program by its path in a generation."""
    folder = Path(holdfast.issuer.__file__).parent
    return {
        f"{PROGRAMS}/holdfast/issuer/{path.name}": path.read_text()
        for path in sorted(folder.glob("*.py"))
    }


def packages(auth: Token) -> tuple[str, ...]:
    """Return Debian's packages that the issuer of these settings needs."""
    return (*PACKAGES, *((directory.PACKAGE,) if auth.directory_urls else ()))


def context(settings: Settings) -> dict[str, Any]:
    """Return the variables of the issuer's templates; there are none in other modes."""
    auth, trust = settings.auth, token_trust(settings)
    if not isinstance(auth, Token) or trust is None:
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
                *directory.sources(auth),
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
