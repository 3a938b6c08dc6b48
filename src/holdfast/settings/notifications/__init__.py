"""The section on notifications: who is told of pushes, pulls and deletes."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

__all__ = ["Endpoint", "Header", "Notifications"]


class Header(Section):
    """A header that is sent with each notification; its value is never shown."""

    name: t.HeaderName
    """Name of the header."""
    value: t.PlainSecret
    """Value; belongs in a vault."""


class Endpoint(Section):
    """A server that takes notifications, as POST requests with JSON."""

    name: t.EndpointName
    """Name in the registry's log and figures."""
    url: t.HookAddress
    """Address; a secret belongs into a header, for this is shown."""
    allow_http: bool = False
    """Whether http is right for an address that is not a private one."""
    headers: Annotated[
        tuple[Header, ...], Field(strict=False), Expect("a list of name and value")
    ] = ()
    """Headers to send, such as Authorization."""
    timeout_seconds: Annotated[int, Field(ge=1, le=300), Expect("seconds from 1 to 300")] = 5
    """Longest wait for an answer."""
    threshold: Annotated[int, Field(ge=1, le=1000), Expect("a number from 1 to 1000")] = 3
    """Failures in a row after which the registry waits before it tries again."""
    backoff_seconds: Annotated[int, Field(ge=1, le=3600), Expect("seconds from 1 to 3600")] = 10
    """How long it waits then."""
    ignore_media_types: Annotated[
        tuple[t.MediaType, ...], Field(strict=False), Expect("a list of media types")
    ] = ()
    """Media types of which nothing is told."""
    ignore_actions: Annotated[
        tuple[Literal["push", "pull", "delete", "mount"], ...],
        Field(strict=False),
        Expect("a list of push, pull, delete, mount"),
    ] = ()
    """Actions of which nothing is told."""

    @model_validator(mode="after")
    def _private(self) -> Endpoint:
        found = urlsplit(self.url)
        if found.scheme == "http" and not (self.allow_http or _is_private(found.hostname or "")):
            raise PydanticCustomError(
                "holdfast_hook_http",
                "url|https, for the address is not a private one"
                "|Use https, or say that http is right: allow_http: true",
                {"given": "http"},
            )
        return self


class Notifications(Section):
    """Who is told of pushes, pulls and deletes."""

    endpoints: Annotated[
        tuple[Endpoint, ...], Field(strict=False), Expect("a list of name and url")
    ] = ()
    """Servers that are told: a list of `name`, `url` and more, see docs/notifications.md."""
    include_references: bool = False
    """Whether the notification of a manifest lists what the manifest refers to."""

    @model_validator(mode="after")
    def _names_once(self) -> Notifications:
        names = [endpoint.name for endpoint in self.endpoints]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise PydanticCustomError(
                "holdfast_endpoint_twice",
                "endpoints|each name once|Rename one of the two",
                {"given": ", ".join(twice)},
            )
        return self


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost"
