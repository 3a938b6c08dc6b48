"""The section `registry_http_*`: HTTP as the registry and pages in browsers speak it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

EVERY_ORIGIN = "*"


class Http(Section):
    """Settings of the registry process's own HTTP server, and of pages that read its answers."""

    secret: t.SharedSecret | None = None
    """Secret that signs the state of uploads. If not set, the host generates and keeps one."""
    drain_seconds: Annotated[int, Field(ge=1, le=3600), Expect("seconds from 1 to 3600")] = 60
    """Seconds that a replaced generation has to finish its open requests."""
    cors_origins: Annotated[
        tuple[t.PageOrigin, ...], Field(strict=False), Expect("a list of origins")
    ] = ()
    """Pages of other sites that may use the registry from a browser (CORS), by their origin:
    `https://ui.example.com`. `*` allows every site to send requests without the browser's own
    login. See docs/browsers.md."""
    cors_credentials: bool = False
    """Let the pages of `registry_http_cors_origins` use the login that the browser itself keeps
    (`credentials: "include"`)."""

    @model_validator(mode="after")
    def _names_for_logins(self) -> Http:
        if EVERY_ORIGIN in self.cors_origins and len(self.cors_origins) > 1:
            raise refusal("cors_origins", "* alone, or origins without it", "Remove one of the two")
        if EVERY_ORIGIN in self.cors_origins and self.cors_credentials:
            hint = (
                "With * every page that a user opens could act with the login that the browser"
                " keeps, and browsers refuse it. Or set registry_http_cors_credentials: false"
            )
            raise refusal("cors_origins", "the origins of the pages", hint, given="* with logins")
        if self.cors_credentials and not self.cors_origins:
            hint = "Give them, or remove registry_http_cors_credentials"
            raise refusal("cors_origins", "the origins of the pages", hint, given="none")
        return self
