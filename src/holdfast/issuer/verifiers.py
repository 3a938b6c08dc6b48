"""Temporary users of verifications, each a file that root writes and removes again."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from holdfast.issuer.rules import VERIFIER, Identity

NAME = re.compile(r"~verifier-([0-9a-f]{32})")
"""Name of a temporary user; `~` begins no name of an inventory."""


class Verifiers:
    """Temporary users: a file with the digest of a random secret, and the end of its time."""

    remember_seconds: float | None = None

    def __init__(self, config: Mapping[str, Any], clock: Callable[[], float] = time.time) -> None:
        """`config` has the folder of the files, which only root can write."""
        self._folder = Path(config["folder"])
        self._clock = clock

    def verify(self, name: str, password: str) -> Identity | None:
        """Return the identity of a login, see Source."""
        known = self._sum(name)
        given = hashlib.sha256(password.encode()).hexdigest()
        return Identity(name, VERIFIER) if known and hmac.compare_digest(given, known) else None

    def lookup(self, name: str) -> Identity | None:
        """Return the current identity of a name, see Source."""
        return Identity(name, VERIFIER) if self._sum(name) else None

    def _sum(self, name: str) -> str:
        """Return the digest of a temporary user's secret; "" if there is no such user now."""
        match = NAME.fullmatch(name)
        try:
            entry = json.loads((self._folder / match[1]).read_text()) if match else None
        except (OSError, ValueError):
            return ""
        return str(entry["sha256"]) if entry and self._clock() < entry["until"] else ""
