"""Images in a bucket of Google Cloud Storage."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.storage.base import Remote
from holdfast.settings.types import Expect

UNIT_KIB = 256
KEY_FILE = "gcs.json"
"""Name of the file of the service account's key, beside the registry's configuration."""


def _is_key(secret: SecretStr) -> SecretStr:
    try:
        found = json.loads(secret.get_secret_value())
        kind = found["type"]
        whole = kind != "service_account" or {"client_email", "private_key"} <= found.keys()
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise PydanticCustomError("gcs_key", "form")
    return secret


class Gcs(Remote):
    """Images in a bucket of Google Cloud Storage."""

    driver: Literal["gcs"]
    bucket: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$"),
        Expect("the name of a bucket: lower-case letters, digits and . _ -"),
    ]
    """Name of the bucket, which has to exist."""
    root_directory: t.ObjectPath = ""
    """Path prefix of all objects in the bucket."""
    key: Annotated[
        SecretStr | None,
        AfterValidator(lambda secret: secret and _is_key(secret)),
        Expect(
            "the JSON text of a service account's key",
            "From a file: {{ lookup('file', inventory_dir ~ '/secrets/gcs.json') }};"
            " keep it in a vault",
        ),
    ] = None
    """Key of a service account, as JSON text. If not set, the host's own service account is
    used."""
    chunk_kib: Annotated[
        int, Field(ge=UNIT_KIB, le=1 << 20, multiple_of=UNIT_KIB), Expect("a multiple of 256 KiB")
    ] = 16384
    """Size in KiB of the parts in which layers are uploaded."""

    @model_validator(mode="after")
    def _signs(self) -> Gcs:
        if self.redirect and self.key is None:
            raise refusal(
                "key",
                "a service account's key, for registry_storage_redirect is true",
                "Addresses are signed with it",
            )
        return self

    @property
    def key_file(self) -> SecretStr | None:
        """Content of the service account's key file; None if none is given."""
        return self.key

    @property
    def place(self) -> str:
        """URL of the bucket and path prefix."""
        return f"gs://{'/'.join(filter(None, (self.bucket, self.root_directory)))}"

    def parameters(self, version: str) -> dict[str, Any]:
        """Return the driver's keys, the same for every version of the registry."""
        del version
        root = {"rootdirectory": f"/{self.root_directory}"} if self.root_directory else {}
        # From the registry's working directory, which is the one of its configuration.
        key = {"keyfile": KEY_FILE} if self.key else {}
        return {"bucket": self.bucket, **root, "chunksize": self.chunk_kib << 10, **key}
