"""Images in a container of Azure Blob Storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import SecretStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.storage.base import Refusal, Remote
from holdfast.settings.types import Expect
from holdfast.versions import at_least

NEEDED = {
    "shared_key": ("account_key",),
    "client_secret": ("tenant_id", "client_id", "client_secret"),
    "default_credentials": (),
}
"""Keys that each kind of credentials needs; the other ones' are refused."""


class Azure(Remote):
    """Images in a container of Azure Blob Storage."""

    driver: Literal["azure"]
    account: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9]{3,24}$"),
        Expect("the name of a storage account, 3 to 24 lower-case letters and digits"),
    ]
    """Storage account."""
    container: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9](?:-?[a-z0-9]){2,62}$"),
        Expect("the name of a container: 3 to 63 lower-case letters, digits and single hyphens"),
    ]
    """Container, which has to exist."""
    realm: t.Hostname = "core.windows.net"
    """Domain of the cloud, for those of governments and countries."""
    endpoint: t.Origin | None = None
    """Address of the service, when it is not the account's own in the realm (3.x)."""
    root_directory: t.ObjectPath = ""
    """Path in the container below which the registry keeps everything (3.x)."""
    credentials: Literal["shared_key", "client_secret", "default_credentials"] = "shared_key"
    """How the host proves who it is: the account's key, an application's secret, or its own
    managed identity (the last two: 3.x)."""
    account_key: t.SecretToken | None = None
    """Key of the storage account, base64; belongs in a vault."""
    tenant_id: t.Token | None = None
    """Tenant of the application."""
    client_id: t.Token | None = None
    """Identifier of the application."""
    client_secret: t.SecretWord | None = None
    """Secret of the application; belongs in a vault."""

    @model_validator(mode="after")
    def _complete(self) -> Azure:
        chosen = f"for registry_storage_credentials is {self.credentials}"
        for kind, keys in NEEDED.items():
            for key in keys:
                given = getattr(self, key) is not None
                if given != (kind == self.credentials):
                    wish = "nothing" if given else "a value"
                    todo = "Remove it" if given else "Give it"
                    raise PydanticCustomError("holdfast_azure", f"{key}|{wish}, {chosen}|{todo}")
        return self

    @property
    def place(self) -> str:
        """Where images are."""
        at = self.endpoint or f"https://{self.account}.blob.{self.realm}"
        return "/".join(filter(None, (at, self.container, self.root_directory)))

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys of the driver; of 3.x also those of `credentials`, see rendering/storage.py."""
        given = {
            "accountname": self.account,
            "container": self.container,
            "realm": self.realm,
            "serviceurl": self.endpoint,
            "rootdirectory": f"/{self.root_directory}" if self.root_directory else None,
        }
        return {key: value for key, value in given.items() if value is not None}

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """The account's key, or the application's secret."""
        found = {"accountkey": self.account_key, "credentials.secret": self.client_secret}
        return {key: value for key, value in found.items() if value}

    def refusals(self, version: str) -> Iterator[Refusal]:
        """Yield what a version of the registry cannot do."""
        if at_least(version, "3.0"):
            return
        use = f"{version} cannot do otherwise. Use version 3.1.1"
        if self.credentials != "shared_key":
            yield "credentials", "shared_key", use
        for key in ("endpoint", "root_directory"):
            if getattr(self, key):
                yield key, "nothing", use
