"""Images in a bucket of Amazon S3, or of a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.storage.base import Refusal, Remote
from holdfast.settings.types import Expect
from holdfast.versions import at_least

OLD_CLASSES = ("standard", "reduced_redundancy")


class S3(Remote):
    """Images in a bucket of Amazon S3, or of a server that speaks its protocol."""

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
    """Bucket, which has to exist."""
    endpoint: t.Origin | None = None
    """Address of a server other than Amazon's."""
    path_style: Annotated[bool | None, Expect("true or false", "Write it without quotes")] = None
    """Whether the bucket stands in the path instead of the host name; when it is not given: yes
    with an endpoint, no without."""
    root_directory: t.ObjectPath = ""
    """Path in the bucket below which the registry keeps everything."""
    access_key: t.SecretWord | None = None
    """Access key; without it the host's own role (EC2, or what serves 169.254.169.254) is used."""
    secret_key: t.SecretWord | None = None
    """Secret key; belongs in a vault."""
    encrypt: bool = False
    """Whether the server encrypts what it keeps (SSE-S3, or SSE-KMS with a key)."""
    kms_key: t.Token | None = None
    """Key of SSE-KMS: its identifier, alias or ARN."""
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
    """Storage class of new objects; none for servers that know no classes."""
    chunk_mib: Annotated[int, Field(ge=5, le=5120), Expect("MiB from 5 to 5120")] = 10
    """Size in MiB of the parts in which layers are stored: at most 10000 of them make a layer."""
    accelerate: bool = False
    """Amazon's transfer acceleration."""
    dual_stack: bool = False
    """Amazon's addresses that answer by IPv6, too."""
    fips: bool = False
    """Amazon's endpoints with FIPS-validated cryptography."""

    @model_validator(mode="after")
    def _whole(self) -> S3:
        if (self.access_key is None) != (self.secret_key is None):
            raise PydanticCustomError(
                "holdfast_s3_keys",
                "secret_key|to be given together with registry_storage_access_key|Give both, or"
                " none to use the host's role",
            )
        if self.kms_key and not self.encrypt:
            raise PydanticCustomError(
                "holdfast_s3_kms", "encrypt|true, for registry_storage_kms_key is given|Set it"
            )
        amazon = [key for key in ("accelerate", "dual_stack", "fips") if getattr(self, key)]
        if self.endpoint and amazon:
            raise PydanticCustomError(
                "holdfast_s3_amazon",
                "{key}|false, for registry_storage_endpoint is given|It chooses among Amazon's own"
                " endpoints",
                {"key": amazon[0]},
            )
        return self

    @property
    def paths(self) -> bool:
        """Whether the bucket stands in the path."""
        return bool(self.endpoint) if self.path_style is None else self.path_style

    @property
    def place(self) -> str:
        """Where images are."""
        at = f" at {self.endpoint}" if self.endpoint else ""
        return f"s3://{'/'.join(filter(None, (self.bucket, self.root_directory)))}{at}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys of the driver; `path_style` of 2.8 has none, see refusals."""
        given = {
            "region": self.region,
            "bucket": self.bucket,
            "regionendpoint": self.endpoint,
            "rootdirectory": f"/{self.root_directory}" if self.root_directory else None,
            "forcepathstyle": self.paths or None,
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
        """The keys, if the host's role is not used."""
        found = {"accesskey": self.access_key, "secretkey": self.secret_key}
        return {key: value for key, value in found.items() if value}

    def refusals(self, version: str) -> Iterator[Refusal]:
        """Yield what a version of the registry cannot do."""
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
