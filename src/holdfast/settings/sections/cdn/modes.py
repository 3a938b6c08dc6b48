"""Modes of redirecting blob downloads."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.section import Section
from holdfast.settings.sections.storage import Storage
from holdfast.settings.types import Expect

SELF_REDIRECTING = ("s3", "gcs", "azure")
"""Storage drivers that can redirect clients to signed URLs of the storage."""
KEY_FILE = "cdn-key.pem"
"""File name of the signing key, next to the registry's configuration."""

RsaKey = Annotated[
    t.SecretPem,
    Expect("the text of an RSA private key in PEM (BEGIN RSA PRIVATE KEY)", "Keep it in a vault"),
]


class _Mode(Section):
    mode: str

    @property
    def options(self) -> dict[str, Any]:
        """Options of the registry's middleware of the mode's name; empty if there is none."""
        return {}

    @property
    def signing_key(self) -> SecretStr | None:
        """Private key that signs URLs; None if there is none."""
        return None

    @property
    def sends_elsewhere(self) -> bool:
        """True if clients fetch blobs from another address."""
        return self.mode != "none"

    def needs(self, version: str, storage: Storage) -> str:
        """Return the requirement that this host does not meet; "" if it meets all."""
        del version
        # A storage that could send clients away and may not keeps every middleware from doing so.
        may = getattr(storage, "redirect", True) or not self.sends_elsewhere
        return "" if may else "registry_storage_redirect: true"


class NoCdn(_Mode):
    """No redirect by holdfast; `registry_storage_redirect` alone decides."""

    mode: Literal["none"]


class Redirect(_Mode):
    """Redirect to the path of the blob's file at another address, which controls access itself."""

    mode: Literal["redirect"]
    base_url: t.CdnAddress
    """Base URL of the storage's files; registry 2.8 supports none with a path."""

    @property
    def options(self) -> dict[str, Any]:
        """Options of the registry's middleware `redirect`."""
        return {"baseurl": self.base_url}

    def needs(self, version: str, storage: Storage) -> str:
        """Return the requirement that this host does not meet; "" if it meets all."""
        # 2.8 forgets the path, without a word.
        if urlsplit(self.base_url).path not in ("", "/") and version.startswith("2."):
            return "registry 3.1.1 or newer for a path in registry_cdn_base_url"
        return super().needs(version, storage)


class CloudFront(_Mode):
    """Redirect to Amazon CloudFront in front of the bucket, with signed URLs that expire."""

    mode: Literal["cloudfront"]
    base_url: t.CdnAddress
    """URL of the CloudFront distribution."""
    key_pair_id: Annotated[
        str, StringConstraints(pattern=r"^[A-Z0-9]{6,64}$"), Expect("the id of a public key")
    ]
    """Id of the key pair with which CloudFront verifies signatures."""
    private_key: RsaKey
    """RSA private key of that pair; belongs in a vault."""
    minutes: Annotated[int, Field(ge=1, le=1440), Expect("minutes from 1 to 1440")] = 20
    """Minutes for which a signed URL is valid."""

    @model_validator(mode="after")
    def _pkcs1(self) -> CloudFront:
        if "BEGIN RSA PRIVATE KEY" not in self.private_key.get_secret_value():
            raise refusal(
                "private_key",
                "an RSA key in the form BEGIN RSA PRIVATE KEY, the one that the registry reads",
                "Convert it: openssl rsa -in KEY -traditional",
                given="another form",
            )
        return self

    @property
    def options(self) -> dict[str, Any]:
        """Options of the registry's middleware `cloudfront`. The key is a file next to the
        configuration."""
        signing = {"keypairid": self.key_pair_id, "privatekey": KEY_FILE}
        return {"baseurl": self.base_url, **signing, "duration": f"{self.minutes}m"}

    @property
    def signing_key(self) -> SecretStr:
        """Private key that signs URLs."""
        return self.private_key

    def needs(self, version: str, storage: Storage) -> str:
        """Return the requirement that this host does not meet; "" if it meets all."""
        driver: str = storage.driver
        if driver != "s3":
            return f"registry_storage_driver s3, not {driver}"
        return super().needs(version, storage)


class Rewrite(_Mode):
    """Redirect to the storage's own URL with parts of it replaced. Registry 3.x."""

    mode: Literal["rewrite"]
    scheme: Literal["https", "http"] | None = None
    """Scheme that replaces the storage's."""
    host: t.HostMaybePort | None = None
    """Host, optionally with a port, that replaces the storage's."""
    trim_path_prefix: t.UrlPath | None = None
    """Path prefix that is removed."""

    @model_validator(mode="after")
    def _something(self) -> Rewrite:
        if (self.scheme, self.host, self.trim_path_prefix) == (None, None, None):
            raise refusal(
                "host",
                "a host, a scheme or a trim_path_prefix",
                "Give what shall be changed",
                given="nothing",
            )
        return self

    @property
    def options(self) -> dict[str, Any]:
        """Options of the registry's middleware `rewrite`."""
        given = {"scheme": self.scheme, "host": self.host, "trimpathprefix": self.trim_path_prefix}
        return {key: value for key, value in given.items() if value}

    def needs(self, version: str, storage: Storage) -> str:
        """Return the requirement that this host does not meet; "" if it meets all."""
        if version.startswith("2."):
            return f"registry 3.1.1 or newer, not {version}"
        if storage.driver not in SELF_REDIRECTING:
            return f"registry_storage_driver {', '.join(SELF_REDIRECTING)}"
        return super().needs(version, storage)
