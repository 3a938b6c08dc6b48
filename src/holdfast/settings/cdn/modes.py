"""Where the registry sends clients for a blob."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.storage import Storage
from holdfast.settings.types import Expect

SELF_REDIRECTING = ("s3", "gcs", "azure")
"""Storage drivers that give clients an address of the storage's own."""

RsaKey = Annotated[
    t.SecretPem,
    Expect("the text of an RSA private key in PEM (BEGIN RSA PRIVATE KEY)", "Keep it in a vault"),
]


class _Mode(Section):
    mode: str

    def needs(self, version: str, storage: Storage) -> str:
        """Return what a host has to have that this one has not; empty: nothing."""
        del version
        # A storage that could send clients away and may not keeps every middleware from doing so.
        may = getattr(storage, "redirect", True) or self.mode == "none"
        return "" if may else "registry_storage_redirect: true"


class NoCdn(_Mode):
    """Nowhere else: as the storage does it."""

    mode: Literal["none"]


class Redirect(_Mode):
    """To the path of the blob's file at another address. Who may fetch it there is its matter."""

    mode: Literal["redirect"]
    base_url: t.CdnAddress
    """Address below which the storage's files are served; without a path for registry 2.8."""

    def needs(self, version: str, storage: Storage) -> str:
        """Return what a host has to have that this one has not; empty: nothing."""
        # 2.8 forgets the path, without a word.
        if urlsplit(self.base_url).path not in ("", "/") and version.startswith("2."):
            return "registry 3.1.1 or newer for a path in registry_cdn_base_url"
        return super().needs(version, storage)


class CloudFront(_Mode):
    """To Amazon CloudFront in front of the bucket, by addresses that are signed and expire."""

    mode: Literal["cloudfront"]
    base_url: t.CdnAddress
    """Address of the distribution."""
    key_pair_id: Annotated[
        str, StringConstraints(pattern=r"^[A-Z0-9]{6,64}$"), Expect("the id of a public key")
    ]
    """Id of the key with which CloudFront checks signatures."""
    private_key: RsaKey
    """The private key; belongs in a vault."""
    minutes: Annotated[int, Field(ge=1, le=1440), Expect("minutes from 1 to 1440")] = 20
    """Minutes for which an address is good."""

    @model_validator(mode="after")
    def _pkcs1(self) -> CloudFront:
        if "BEGIN RSA PRIVATE KEY" not in self.private_key.get_secret_value():
            raise PydanticCustomError(
                "holdfast_cloudfront_key",
                "private_key|an RSA key in the form BEGIN RSA PRIVATE KEY, the one that the"
                " registry reads|Convert it: openssl rsa -in KEY -traditional",
                {"given": "another form"},
            )
        return self

    def needs(self, version: str, storage: Storage) -> str:
        """Return what a host has to have that this one has not; empty: nothing."""
        driver: str = storage.driver
        if driver != "s3":
            return f"registry_storage_driver s3, not {driver}"
        return super().needs(version, storage)


class Rewrite(_Mode):
    """To the storage's own address, changed. Registry 3.x."""

    mode: Literal["rewrite"]
    scheme: Literal["https", "http"] | None = None
    """Scheme in place of the storage's."""
    host: t.HostMaybePort | None = None
    """Host, with its port if need be, in place of the storage's."""
    trim_path_prefix: t.UrlPath | None = None
    """Beginning of the path that is taken off."""

    @model_validator(mode="after")
    def _something(self) -> Rewrite:
        if (self.scheme, self.host, self.trim_path_prefix) == (None, None, None):
            raise PydanticCustomError(
                "holdfast_rewrite",
                "host|a host, a scheme or a trim_path_prefix|Give what shall be changed",
                {"given": "nothing"},
            )
        return self

    def needs(self, version: str, storage: Storage) -> str:
        """Return what a host has to have that this one has not; empty: nothing."""
        if version.startswith("2."):
            return f"registry 3.1.1 or newer, not {version}"
        if storage.driver not in SELF_REDIRECTING:
            return f"registry_storage_driver {', '.join(SELF_REDIRECTING)}"
        return super().needs(version, storage)
