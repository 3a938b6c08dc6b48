"""Images in a bucket of Amazon S3 or of a compatible server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.storage.base import Refusal, Remote
from holdfast.settings.types import Expect
from holdfast.versions import at_least

OLD_CLASSES = ("standard", "reduced_redundancy")


class S3(Remote):
    """Images in a bucket of Amazon S3 or of a compatible server."""

    driver: Literal["s3"]
    region: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9-]{1,64}$"),
        Expect("a region such as eu-central-1", "Servers that have none take us-east-1"),
    ]
    """Region of the bucket; it is part of every signature."""
    bucket: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$"),
        Expect("the name of a bucket, 3 to 63 letters, digits and . _ -"),
    ]
    """Name of the bucket, which has to exist."""
    endpoint: t.Origin | None = None
    """URL of a server other than Amazon's."""
    path_style: Annotated[bool | None, Expect("true or false")] = None
    """Put the bucket's name into the path instead of the host name. The default is true with
    `registry_storage_endpoint` and false without."""
    root_directory: t.ObjectPath = ""
    """Path prefix of all objects in the bucket."""
    access_key: t.SecretWord | None = None
    """Access key. If not set, the host's own role is used (EC2, or another metadata service at
    169.254.169.254)."""
    secret_key: t.SecretWord | None = None
    """Secret key; belongs in a vault."""
    encrypt: bool = False
    """Encrypt objects on the server (SSE-S3, or SSE-KMS with `registry_storage_kms_key`)."""
    kms_key: t.Token | None = None
    """Key of SSE-KMS: its id, alias or ARN."""
    storage_class: Literal[
        "standard",
        "reduced_redundancy",
        "standard_ia",
        "onezone_ia",
        "intelligent_tiering",
        "outposts",
        "glacier_ir",
        "express_onezone",
        "none",
    ] = "standard"
    """Storage class of new objects; `none` for servers without storage classes."""
    chunk_mib: Annotated[int, Field(ge=5, le=5120), Expect("MiB from 5 to 5120")] = 10
    """Size in MiB of the parts in which layers are uploaded. A layer has at most 10000 parts."""
    accelerate: bool = False
    """Use Amazon's transfer acceleration."""
    dual_stack: bool = False
    """Use Amazon's dual-stack endpoints, which also support IPv6."""
    fips: bool = False
    """Use Amazon's FIPS endpoints."""

    @model_validator(mode="after")
    def _whole(self) -> S3:
        if (self.access_key is None) != (self.secret_key is None):
            raise refusal(
                "secret_key",
                "to be given together with registry_storage_access_key",
                "Give both, or none to use the host's role",
            )
        if self.kms_key and not self.encrypt:
            raise refusal("encrypt", "true, for registry_storage_kms_key is given", "Set it")
        amazon = [key for key in ("accelerate", "dual_stack", "fips") if getattr(self, key)]
        if self.endpoint and amazon:
            raise refusal(
                amazon[0],
                "false, for registry_storage_endpoint is given",
                "It chooses among Amazon's own endpoints",
            )
        return self

    @property
    def paths(self) -> bool:
        """True if the bucket's name is in the path of URLs."""
        return bool(self.endpoint) if self.path_style is None else self.path_style

    @property
    def s3(self) -> S3:
        """These settings."""
        return self

    @property
    def place(self) -> str:
        """URL of the bucket, path prefix and endpoint."""
        at = f" at {self.endpoint}" if self.endpoint else ""
        return f"s3://{'/'.join(filter(None, (self.bucket, self.root_directory)))}{at}"

    def parameters(self, version: str) -> dict[str, Any]:
        """Return the driver's keys for a version of the registry, without secrets."""
        # 2.8 puts the bucket in the path if there is a `regionendpoint`; it has no key for that.
        styled = self.paths and at_least(version, "3.0")
        given = {
            "region": self.region,
            "bucket": self.bucket,
            "regionendpoint": self.endpoint,
            "rootdirectory": f"/{self.root_directory}" if self.root_directory else None,
            "forcepathstyle": styled or None,
            "secure": not (self.endpoint or "").startswith("http:"),
            "encrypt": self.encrypt or None,
            "keyid": self.kms_key,
            "storageclass": self.storage_class.upper(),
            "chunksize": self.chunk_mib << 20,
            "accelerate": self.accelerate or None,
            "usedualstack": self.dual_stack or None,
            "usefipsendpoint": self.fips or None,
        }
        return {key: value for key, value in given.items() if value is not None}

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """Access key and secret key; empty if the host's role is used."""
        found = {"accesskey": self.access_key, "secretkey": self.secret_key}
        return {key: value for key, value in found.items() if value}

    def refusals(self, version: str) -> Iterator[Refusal]:
        """Yield a refusal for each key that a version of the registry does not support."""
        if at_least(version, "3.0"):
            return
        use = f"{version} cannot do otherwise. Use version 3.1.1"
        if self.paths is not bool(self.endpoint):
            yield "path_style", "true with registry_storage_endpoint and false without", use
        for key in ("accelerate", "dual_stack", "fips"):
            if getattr(self, key):
                yield key, "false", use
        if self.storage_class not in (*OLD_CLASSES, "none"):
            yield "storage_class", f"one of {', '.join(OLD_CLASSES)}, none", use
