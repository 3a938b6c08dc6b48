"""Make a temporary user on a host for a run, where no password of its users is known."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pydantic import SecretStr

from holdfast.rendering import HOST
from holdfast.rendering.accounts import ISSUER_USER, LOGINS_USER
from holdfast.settings import Settings
from holdfast.verification.remote import UnreachableError, run
from holdfast.verification.target import Connection, Login

SECONDS = 1200
"""Longest life of a temporary user; the end of a run ends it, too."""


class NoVerifierError(Exception):
    """A host without temporary users; its text is the reason."""


@contextmanager
def temporary_user(connection: Connection, settings: Settings) -> Iterator[Login]:
    """Provide a user with a random password, who is gone afterwards.

    The host gets a digest alone. The user may use nothing but the suite's repository, see
    templates/logins and holdfast.issuer.rules. Raises NoVerifierError.
    """
    name = secrets.token_hex(16)
    login = Login(f"~verifier-{name}", SecretStr(secrets.token_urlsafe(32)), temporary=True)
    content, group = entry(settings, login)
    try:
        problem = run(connection, "verifiers.begin", HOST.verifiers, name, content, group, SECONDS)
    except UnreachableError as error:
        raise NoVerifierError(str(error)) from error
    if problem:
        raise NoVerifierError(problem)
    try:
        yield login
    finally:
        # If the host is not there any more, its own timer ends the user.
        with suppress(UnreachableError):
            run(connection, "verifiers.end", HOST.verifiers, name)


def entry(settings: Settings, login: Login) -> tuple[str, str]:
    """Return the file of a temporary user, and the group that reads it. Raises NoVerifierError."""
    secret = login.password.get_secret_value().encode()
    if settings.auth.token:
        until = time.time() + SECONDS
        known = {"sha256": hashlib.sha256(secret).hexdigest(), "until": until}
        return json.dumps(known), ISSUER_USER
    if settings.auth.htpasswd:
        # A fast hash, for each request computes it: the secret has 256 random bits.
        salt = secrets.token_bytes(16)
        digest = hashlib.sha1(secret + salt).digest()  # noqa: S324 -- see above
        return f"{login.username}:{{SSHA}}{base64.b64encode(digest + salt).decode()}\n", LOGINS_USER
    raise NoVerifierError("its logins are checked elsewhere")
