"""The section `registry_upstream_*`: the upstream of a registry that is only a mirror."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.types import Expect


class Upstream(Section):
    """Upstream of a registry that is only a mirror. If no URL is set, the registry accepts
    pushes."""

    url: t.RegistryAddress | None = None
    """URL of another registry; this one is then only its pull-through mirror. For several mirrors,
    or mirrors beside a registry that accepts pushes, use `registry_mirrors`."""
    username: t.UpstreamUser | None = None
    """User of the upstream. All images that this user can see become visible to the mirror's
    users."""
    password: t.UpstreamPassword | None = None
    """Password of that user; belongs in a vault."""
    ttl_seconds: Annotated[
        int, Field(ge=0, le=315360000), Expect("seconds from 0 (for ever) to 315360000")
    ] = t.MIRROR_TTL_SECONDS
    """Seconds for which fetched content is kept. Registry 2.8 always keeps it for seven days."""

    @model_validator(mode="after")
    def _login(self) -> Upstream:
        if (self.username is None) != (self.password is None):
            raise refusal("username", "to be given together with password", "Give both")
        if self.username and not (self.url or "").startswith("https://"):
            raise refusal(
                "url",
                "an https address, for a password is sent there",
                "Give one, or no username",
                given=f'"{self.url}"' if self.url else "nothing",
            )
        if self.url is None and self.model_fields_set:
            raise refusal(
                "url",
                "the address of the upstream, for the rest of it is given",
                "Give it",
                given="nothing",
            )
        return self
