"""The section `registry_cdn_*`: redirects of blob downloads to another address."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from holdfast.settings.sections.cdn.modes import CloudFront, NoCdn, Redirect, Rewrite

__all__ = ["Cdn", "CloudFront", "NoCdn", "Redirect", "Rewrite"]

Cdn = Annotated[NoCdn | Redirect | CloudFront | Rewrite, Field(discriminator="mode")]
