"""The section on where clients get blobs from, when it is not the registry itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.cdn.modes import CloudFront, NoCdn, Redirect, Rewrite

__all__ = ["Cdn", "CloudFront", "NoCdn", "Redirect", "Rewrite"]

Cdn = Annotated[NoCdn | Redirect | CloudFront | Rewrite, Field(discriminator="mode")]
