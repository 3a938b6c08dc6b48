"""Parse token requests in both forms; refuse malformed ones with a message."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs

MOST_BODY = 65536
"""Maximum size of a form in bytes: a refresh token and many scopes."""


class BadRequest(ValueError):  # noqa: N818 -- named as its status is
    """A malformed request; the text is a message for the client."""


@dataclass(frozen=True)
class TokenRequest:
    """A request for a token."""

    grant: Literal["basic", "password", "refresh_token"]
    name: str | None = None
    """Login name; None without a login."""
    secret: str = field(default="", repr=False)
    """Password or refresh token."""
    service: str | None = None
    scopes: tuple[str, ...] = ()
    offline: bool = False
    """True if a refresh token is requested, too."""


def by_get(query: str, authorization: Sequence[str]) -> TokenRequest:
    """Parse a GET request, with the login in the Authorization header. Raises BadRequest."""
    parameters = _parameters(query)
    name, secret = _basic(authorization)
    return TokenRequest(
        "basic",
        name,
        secret,
        _one(parameters, "service"),
        tuple(parameters.get("scope", ())),
        _one(parameters, "offline_token") == "true",
    )


def by_post(body: bytes, authorization: Sequence[str]) -> TokenRequest:
    """Parse a POST request, with the login in the form. Raises BadRequest."""
    if authorization:
        raise BadRequest("a form has its login in it; send no Authorization header")
    try:
        parameters = _parameters(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRequest("the form is not in UTF-8") from error
    grant = _one(parameters, "grant_type")
    common = (_one(parameters, "service"), tuple(parameters.get("scope", ())))
    offline = _one(parameters, "access_type") == "offline"
    if grant == "password":
        name, secret = _one(parameters, "username"), _one(parameters, "password")
        if not name or secret is None:
            raise BadRequest("username and password are expected")
        return TokenRequest("password", name, secret, *common, offline)
    if grant == "refresh_token":
        return TokenRequest(
            "refresh_token", None, _one(parameters, "refresh_token") or "", *common, offline
        )
    raise BadRequest("grant_type has to be password or refresh_token")


def _parameters(text: str) -> Mapping[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=256, errors="strict")
    except ValueError as error:
        raise BadRequest("the parameters cannot be read") from error


def _one(parameters: Mapping[str, list[str]], key: str) -> str | None:
    values = parameters.get(key)
    if values is None:
        return None
    if len(values) > 1:
        raise BadRequest(f"{key} is given twice")
    return values[0]


def _basic(headers: Sequence[str]) -> tuple[str | None, str]:
    """Return name and password of an Authorization header; the name is None without one."""
    if not headers:
        return None, ""
    if len(headers) > 1:
        raise BadRequest("there are two Authorization headers")
    scheme, _, value = headers[0].partition(" ")
    if scheme.lower() != "basic":
        raise BadRequest("only Basic is understood in the Authorization header")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise BadRequest("the Authorization header cannot be read") from error
    name, colon, secret = text.partition(":")
    if not colon:
        raise BadRequest("the Authorization header has no password in it")
    # An empty login is what some clients send for none at all.
    return (name or None, secret) if (name or secret) else (None, "")
