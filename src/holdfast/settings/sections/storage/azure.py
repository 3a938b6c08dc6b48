"""Images in a container of Azure Blob Storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import SecretStr, StringConstraints, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.storage.base import Refusal, Remote
from holdfast.settings.types import Expect
from holdfast.versions import at_least

NEEDED = {
    "shared_key": ("account_key",),
    "client_secret": ("tenant_id", "client_id", "client_secret"),
    "default_credentials": (),
}
"""Keys that each kind of credentials requires; keys of the other kinds are refused."""


class Azure(Remote):
    """Images in a container of Azure Blob Storage."""

    driver: Literal["azure"]
    account: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9]{3,24}$"),
        Expect("the name of a storage account, 3 to 24 lower-case letters and digits"),
    ]
    """Name of the storage account."""
    container: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9](?:-?[a-z0-9]){2,62}$"),
        Expect("the name of a container: 3 to 63 lower-case letters, digits and single hyphens"),
    ]
    """Name of the container, which has to exist."""
    realm: t.Hostname = "core.windows.net"
    """Domain of the Azure cloud; national and government clouds have their own."""
    endpoint: t.Origin | None = None
    """URL of the blob service, if it is not the account's default one (3.x)."""
    root_directory: t.ObjectPath = ""
    """Path prefix of all objects in the container (3.x)."""
    credentials: Literal["shared_key", "client_secret", "default_credentials"] = "shared_key"
    """Kind of credentials: the account's key, an application's secret, or the host's managed
    identity (the last two: 3.x)."""
    account_key: t.SecretToken | None = None
    """Key of the storage account, base64; belongs in a vault."""
    tenant_id: t.Token | None = None
    """Tenant id of the application."""
    client_id: t.Token | None = None
    """Client id of the application."""
    client_secret: t.SecretWord | None = None
    """Client secret of the application; belongs in a vault."""

    @model_validator(mode="after")
    def _complete(self) -> Azure:
        chosen = f"for registry_storage_credentials is {self.credentials}"
        for kind, keys in NEEDED.items():
            for key in keys:
                given = getattr(self, key) is not None
                if given != (kind == self.credentials):
                    expected = "nothing" if given else "a value"
                    todo = "Remove it" if given else "Give it"
                    raise refusal(key, f"{expected}, {chosen}", todo)
        return self

    @property
    def place(self) -> str:
        """URL of the container and path prefix."""
        at = self.endpoint or f"https://{self.account}.blob.{self.realm}"
        return "/".join(filter(None, (at, self.container, self.root_directory)))

    def parameters(self, version: str) -> dict[str, Any]:
        """Return the driver's keys for a version of the registry, without secrets."""
        given = {
            "accountname": self.account,
            "container": self.container,
            "realm": self.realm,
            "serviceurl": self.endpoint,
            "rootdirectory": f"/{self.root_directory}" if self.root_directory else None,
            "credentials": self._credentials if at_least(version, "3.0") else None,
        }
        return {key: value for key, value in given.items() if value is not None}

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """The account's key, if it is used."""
        return {"accountkey": self.account_key} if self.account_key else {}

    @property
    def environment(self) -> dict[str, Any]:
        """Keys with secrets; the registry takes the section `credentials` only as a whole."""
        if self.client_secret is None:
            return super().environment
        secret = self.client_secret.get_secret_value()
        return {"credentials": {**self._credentials, "secret": secret}}

    @property
    def _credentials(self) -> dict[str, str]:
        given = {
            "type": self.credentials,
            "clientid": self.client_id,
            "tenantid": self.tenant_id,
        }
        return {key: value for key, value in given.items() if value}

    def refusals(self, version: str) -> Iterator[Refusal]:
        """Yield a refusal for each key that a version of the registry does not support."""
        if at_least(version, "3.0"):
            return
        use = f"{version} cannot do otherwise. Use version 3.1.1"
        if self.credentials != "shared_key":
            yield "credentials", "shared_key", use
        for key in ("endpoint", "root_directory"):
            if getattr(self, key):
                yield key, "nothing", use
