"""Tokens of the bundled issuer: each login has what the rules allow, and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from holdfast.settings.auth.access import AccessRule, Group, Robot
from holdfast.settings.auth.directory import WithDirectory
from holdfast.settings.auth.users import User
from holdfast.settings.types import Expect


def _signs(secret: SecretStr) -> SecretStr:
    from holdfast.issuer import keys  # noqa: PLC0415 -- slow to import, and rarely needed

    try:
        keys.private(secret.get_secret_value())
    except keys.KeyFault as error:
        raise PydanticCustomError("signing_key", "form") from error
    return secret


def _is_trusted(pem: str) -> str:
    from holdfast.issuer import keys  # noqa: PLC0415 -- slow to import, and rarely needed

    try:
        return keys.public_pem(keys.public(pem))
    except keys.KeyFault as error:
        raise PydanticCustomError("public_key", "form") from error


SigningKey = Annotated[
    SecretStr,
    AfterValidator(_signs),
    Expect(
        "a private key of P-256 in PEM, without a passphrase",
        "Make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
    ),
]
PublicKey = Annotated[
    str,
    AfterValidator(_is_trusted),
    Expect("a public key of P-256 in PEM", "Make it with: openssl pkey -pubout < PRIVATE"),
]


class Token(WithDirectory):
    """Tokens of an issuer that runs on the host: rules say who may do what."""

    mode: Literal["token"]
    users: Annotated[tuple[User, ...], Field(strict=False), Expect("a list of users")] = ()
    """Who may log in: a list of `name` with `password` or `password_hash`."""
    bcrypt_cost: Annotated[int, Field(ge=10, le=14), Expect("a bcrypt cost from 10 to 14")] = 10
    """Cost of the hashes that are made from `password`; one more doubles the time of a login."""
    groups: Annotated[tuple[Group, ...], Field(strict=False), Expect("a list of groups")] = ()
    """Users who are spoken of together: a list of `name` and `members`."""
    robots: Annotated[tuple[Robot, ...], Field(strict=False), Expect("a list of robots")] = ()
    """Machines that log in with secrets of their own, see `holdfast robot`."""
    rules: Annotated[tuple[AccessRule, ...], Field(strict=False), Expect("a list of rules")] = ()
    """Who may do what where; what no rule allows is refused."""
    token_seconds: Annotated[int, Field(ge=60, le=86400), Expect("seconds from 60 to 86400")] = 300
    """Life of a token; the registry takes it a minute longer. It is looked at when a request
    begins, so that an upload may take longer, and clients fetch the next one by themselves. What a
    deploy takes away ends with the tokens that are out."""
    refresh_days: Annotated[int, Field(ge=1, le=365), Expect("days from 1 to 365")] = 30
    """Days for which `docker login` goes on without the password; a changed password ends it."""
    issuer: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9 ._:/-]{1,128}$"),
        Expect("letters, digits, spaces and . _ : / -, at most 128"),
    ] = "holdfast"
    """Name that the issuer gives itself in tokens."""
    service: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9 ._:/-]{1,128}$"),
        Expect("letters, digits, spaces and . _ : / -, at most 128"),
    ] = None
    """Name that the registry has in tokens; without it, `registry_hostname`."""
    signing_key: SigningKey | None = None
    """Key that signs tokens; belongs in a vault. Without it the host makes its own, which never
    leaves it; registries that share their clients behind a load balancer need the same one."""
    trusted_keys: Annotated[
        tuple[PublicKey, ...], Field(strict=False), Expect("a list of public keys in PEM")
    ] = ()
    """Other keys of which tokens are good, while `registry_auth_signing_key` changes."""

    @property
    def only_inventory(self) -> bool:
        """Whether the inventory knows all users and groups that there can be."""
        return not self.directory_urls
