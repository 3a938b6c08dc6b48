"""The section `registry_notifications_*`: webhooks for pushes, pulls and deletes."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

__all__ = ["Endpoint", "Header", "Notifications"]


class Header(Section):
    """An HTTP header of each notification; its value is never shown."""

    name: t.HeaderName
    """Name of the header."""
    value: t.PlainSecret
    """Value of the header; belongs in a vault."""


class Endpoint(Section):
    """A server that receives notifications as POST requests with JSON."""

    name: t.EndpointName
    """Name in the registry's log and metrics."""
    url: t.HookAddress
    """URL of the server. It is shown in outputs: put a secret into a header instead."""
    allow_http: bool = False
    """Allow http to an address that is not private."""
    headers: Annotated[
        tuple[Header, ...], Field(strict=False), Expect("a list of name and value")
    ] = ()
    """Headers to send, such as Authorization."""
    timeout_seconds: Annotated[int, Field(ge=1, le=300), Expect("seconds from 1 to 300")] = 5
    """Timeout for an answer, in seconds."""
    threshold: Annotated[int, Field(ge=1, le=1000), Expect("a number from 1 to 1000")] = 3
    """Consecutive failures after which the registry pauses before the next attempt."""
    backoff_seconds: Annotated[int, Field(ge=1, le=3600), Expect("seconds from 1 to 3600")] = 10
    """Length of that pause, in seconds."""
    ignore_media_types: Annotated[
        tuple[t.MediaType, ...], Field(strict=False), Expect("a list of media types")
    ] = ()
    """Media types for which no notification is sent."""
    ignore_actions: Annotated[
        tuple[Literal["push", "pull", "delete", "mount"], ...],
        Field(strict=False),
        Expect("a list of push, pull, delete, mount"),
    ] = ()
    """Actions for which no notification is sent."""

    @model_validator(mode="after")
    def _private(self) -> Endpoint:
        found = urlsplit(self.url)
        if found.scheme == "http" and not (self.allow_http or _is_private(found.hostname or "")):
            raise refusal(
                "url",
                "https, for the address is not a private one",
                "Use https, or say that http is right: allow_http: true",
                given="http",
            )
        return self


class Notifications(Section):
    """Notifications of pushes, pulls and deletes."""

    endpoints: Annotated[
        tuple[Endpoint, ...], Field(strict=False), Expect("a list of name and url")
    ] = ()
    """Servers that receive notifications: a list of `name`, `url` and more, see
    docs/notifications.md."""
    include_references: bool = False
    """List the references of a manifest in its notification."""

    @model_validator(mode="after")
    def _names_once(self) -> Notifications:
        names = [endpoint.name for endpoint in self.endpoints]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise refusal(
                "endpoints", "each name once", "Rename one of the two", given=", ".join(twice)
            )
        return self


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost"
