"""Create an issuer from its files in a generation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from holdfast.issuer import keys
from holdfast.issuer.audit import Audit
from holdfast.issuer.limits import Limits
from holdfast.issuer.logins import Logins
from holdfast.issuer.rules import Policy
from holdfast.issuer.service import Issuer
from holdfast.issuer.sources import KINDS
from holdfast.issuer.tokens import Names, Tokens


def issuer(folder: Path, keyset: Path, log: Path | None) -> Issuer:
    """Create the issuer from a folder of a generation.

    The folder has access.json (rules, names, lifetimes) and sources.json (sources with their
    parameters). Raises OSError, ValueError or KeyError if they or the keys cannot be read.
    """
    sources = [KINDS[one["kind"]](one) for one in _read(folder / "sources.json")["sources"]]
    policy = Policy.of(_read(folder / "access.json")["rules"])
    return Issuer(policy, Logins(sources), tokens(folder, keyset), Limits(), Audit(log))


def tokens(folder: Path, keyset: Path, seconds: int | None = None) -> Tokens:
    """Create the token signer. `seconds` replaces the configured lifetime."""
    access = _read(folder / "access.json")
    key = keys.private((keyset / "signing.pem").read_text())
    kid = keys.key_id(key.public_key(), access["key_ids"])
    names = access["names"] | ({"token_seconds": seconds} if seconds else {})
    refresh_key = bytes.fromhex((keyset / "refresh.key").read_text().strip())
    return Tokens(Names(**names), (key, kid), refresh_key)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found
