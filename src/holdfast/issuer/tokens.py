"""Access tokens for the registry, signed with the host's key, and refresh tokens."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from holdfast.issuer.rules import Identity
from holdfast.issuer.scopes import Scope

ALGORITHM = "ES256"
"""The one algorithm that 2.8 and 3.x both support, with small keys and fast signatures."""
BRIEF_SECONDS = 60
"""Longest lifetime of a temporary user's token."""

_CLAIMS = ["exp", "sub", "mark"]


@dataclass(frozen=True)
class Names:
    """Issuer and service names in tokens, and lifetimes in seconds."""

    issuer: str
    service: str
    token_seconds: int
    refresh_seconds: int

    @property
    def audience_of_refresh(self) -> str:
        """Audience of refresh tokens: only the issuer accepts them, never the registry."""
        return f"{self.service} refresh"


class Tokens:
    """Sign tokens, and verify refresh tokens."""

    def __init__(
        self,
        names: Names,
        key: tuple[EllipticCurvePrivateKey, str],
        refresh_key: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`key` is the private key and its key id for the registry."""
        self.names = names
        self._key, self._kid = key
        self._refresh_key = refresh_key
        self._clock = clock

    def access(
        self, subject: str, granted: Sequence[tuple[Scope, list[str]]], *, brief: bool = False
    ) -> dict[str, Any]:
        """Return the answer to a token request: the token, its lifetime and its time of issue.

        `brief` limits the lifetime to that of a temporary user's token.
        """
        now = int(self._clock())
        seconds = min(self.names.token_seconds, BRIEF_SECONDS if brief else sys.maxsize)
        claims = {
            "iss": self.names.issuer,
            # A string, not a list: 2.8 knows nothing else.
            "aud": self.names.service,
            "sub": subject,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "jti": secrets.token_urlsafe(12),
            "access": [
                {"type": scope.kind, "name": scope.name, "actions": actions}
                for scope, actions in granted
                if actions
            ],
        }
        token = jwt.encode(claims, self._key, ALGORITHM, {"kid": self._kid})
        issued = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        return {
            "token": token,
            "access_token": token,
            "expires_in": seconds,
            "issued_at": issued,
        }

    def refresh(self, identity: Identity) -> str:
        """Return a refresh token for the login of an identity."""
        now = int(self._clock())
        claims = {
            "iss": self.names.issuer,
            "aud": self.names.audience_of_refresh,
            "sub": identity.name,
            "mark": identity.mark,
            "iat": now,
            "exp": now + self.names.refresh_seconds,
        }
        return jwt.encode(claims, self._refresh_key, "HS256")

    def continues(self, token: str) -> tuple[str, str] | None:
        """Return name and mark of the login that a refresh token continues; None if it is
        invalid."""
        try:
            claims = jwt.decode(
                token,
                self._refresh_key,
                algorithms=["HS256"],
                audience=self.names.audience_of_refresh,
                issuer=self.names.issuer,
                # Against our own clock, below.
                options={
                    "require": ["exp", "sub", "mark"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError):
            return None
        name, mark, end = (claims.get(key) for key in ("sub", "mark", "exp"))
        if not (isinstance(name, str) and isinstance(mark, str) and isinstance(end, int)):
            return None
        return (name, mark) if self._clock() < end else None
