"""What the modes share in which the proxy ends TLS itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

KeyType = Literal["ecdsa", "rsa", "both"]


class Served(Section):
    """A mode in which the proxy ends TLS itself."""

    profile: Literal["intermediate", "modern"] = "intermediate"
    """`intermediate` offers TLS 1.2 and 1.3, `modern` 1.3 alone."""
    hsts_seconds: Annotated[
        int, Field(ge=0, le=126144000), Expect("seconds from 0 (no header) to 126144000")
    ] = 63072000
    """Seconds for which a browser that was here once insists on https (HSTS)."""
    warn_days: t.Days = 14
    """With fewer days left than this, `status`, `verify` and the metrics complain."""


class Made(Served):
    """A mode in which keys are made for the host, and certificates renewed."""

    key_type: KeyType = "ecdsa"
    """ECDSA P-256, RSA (2048 bits), or a certificate of each for clients that know no ECDSA."""
    renew_days: t.Days = 30
    """A certificate is renewed when fewer days than this are left."""
