"""What a request for a token says, in either of its two forms; wrong ones are refused in words."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs

MOST_BODY = 65536
"""Bytes that a form may have: a refresh token and many scopes."""


class BadRequest(ValueError):  # noqa: N818 -- named as its status is
    """What cannot be understood; the text is for who sent it."""


@dataclass(frozen=True)
class Asked:
    """A request for a token."""

    grant: Literal["basic", "password", "refresh_token"]
    name: str | None = None
    """Name of the login, if there is one."""
    secret: str = field(default="", repr=False)
    """Password or refresh token."""
    service: str | None = None
    scopes: tuple[str, ...] = ()
    offline: bool = False
    """Whether a refresh token is wanted, too."""


def by_get(query: str, authorization: Sequence[str]) -> Asked:
    """Return what a GET asks for, its login in the Authorization header. Raises BadRequest."""
    told = _parameters(query)
    name, secret = _basic(authorization)
    return Asked(
        "basic",
        name,
        secret,
        _one(told, "service"),
        tuple(told.get("scope", ())),
        _one(told, "offline_token") == "true",
    )


def by_post(body: bytes, authorization: Sequence[str]) -> Asked:
    """Return what a POST asks for, its login in the form. Raises BadRequest."""
    if authorization:
        raise BadRequest("a form has its login in it; send no Authorization header")
    try:
        told = _parameters(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRequest("the form is not in UTF-8") from error
    grant = _one(told, "grant_type")
    common = (_one(told, "service"), tuple(told.get("scope", ())))
    offline = _one(told, "access_type") == "offline"
    if grant == "password":
        name, secret = _one(told, "username"), _one(told, "password")
        if not name or secret is None:
            raise BadRequest("username and password are expected")
        return Asked("password", name, secret, *common, offline)
    if grant == "refresh_token":
        return Asked("refresh_token", None, _one(told, "refresh_token") or "", *common, offline)
    raise BadRequest("grant_type has to be password or refresh_token")


def _parameters(text: str) -> Mapping[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=256, errors="strict")
    except ValueError as error:
        raise BadRequest("the parameters cannot be read") from error


def _one(told: Mapping[str, list[str]], key: str) -> str | None:
    values = told.get(key)
    if values is None:
        return None
    if len(values) > 1:
        raise BadRequest(f"{key} is given twice")
    return values[0]


def _basic(headers: Sequence[str]) -> tuple[str | None, str]:
    """Return name and password of an Authorization header; no name when there is none."""
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
