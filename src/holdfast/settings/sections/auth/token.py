"""Tokens of the bundled issuer: each login gets only the rights that the rules allow."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings.sections.auth.access import AccessRule, Group, Robot
from holdfast.settings.sections.auth.ldap import WithLdap
from holdfast.settings.sections.auth.users import SAFE_COST, User, check_costs
from holdfast.settings.types import Expect

PACKAGES = (
    *("python3-starlette", "python3-uvicorn", "python3-jwt"),
    *("python3-bcrypt", "python3-cryptography"),
)
"""Debian packages that the issuer always needs."""
LDAP_PACKAGE = "python3-ldap3"
"""Debian package that the issuer needs for an LDAP directory."""


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


class Token(WithLdap):
    """Tokens of the issuer on this host; rules define the access rights."""

    mode: Literal["token"]
    users: Annotated[
        tuple[User, ...],
        Field(strict=False),
        Expect("a list of users", "Add one: holdfast user add NAME"),
    ] = ()
    """Users: a list of `name` with `password` or `password_hash`."""
    bcrypt_cost: Annotated[int, Field(ge=10, le=14), Expect("a bcrypt cost from 10 to 14")] = 10
    """bcrypt cost of hashes that are generated from `password`. Each step doubles the time of a
    login."""
    minimum_bcrypt_cost: Annotated[
        int, Field(ge=4, le=14), Expect("a bcrypt cost from 4 to 14")
    ] = SAFE_COST
    """Lowest accepted bcrypt cost of a `password_hash`. Lower it only for hashes from another
    registry, until the passwords are changed; `holdfast check` names the users."""
    groups: Annotated[tuple[Group, ...], Field(strict=False), Expect("a list of groups")] = ()
    """Groups of users for rules: a list of `name` and `members`."""
    robots: Annotated[tuple[Robot, ...], Field(strict=False), Expect("a list of robots")] = ()
    """Machine accounts with secrets of their own, see `holdfast robot`."""
    rules: Annotated[tuple[AccessRule, ...], Field(strict=False), Expect("a list of rules")] = ()
    """Access rules: a list of `subjects`, `repositories` and `actions`. Access that no rule allows
    is refused."""
    token_seconds: Annotated[int, Field(ge=60, le=86400), Expect("seconds from 60 to 86400")] = 300
    """Lifetime of a token in seconds; the registry accepts it for one minute more. It is checked at
    the start of a request, so a long upload is not interrupted, and clients renew it by themselves.
    Rights that a deploy removes end when the issued tokens expire."""
    refresh_days: Annotated[int, Field(ge=1, le=365), Expect("days from 1 to 365")] = 30
    """Days for which `docker login` works without entering the password again. A changed password
    ends it."""
    issuer: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9 ._:/-]{1,128}$"),
        Expect("letters, digits, spaces and . _ : / -, at most 128"),
    ] = "holdfast"
    """Issuer name in tokens (claim `iss`)."""
    service: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9 ._:/-]{1,128}$"),
        Expect("letters, digits, spaces and . _ : / -, at most 128"),
    ] = None
    """Name of the registry in tokens (claim `aud`); the default is `registry_hostname`."""
    signing_key: SigningKey | None = None
    """Private key that signs tokens; belongs in a vault. If not set, the host generates its own,
    which never leaves it. Registries behind one load balancer need the same key."""
    trusted_keys: Annotated[
        tuple[PublicKey, ...], Field(strict=False), Expect("a list of public keys in PEM")
    ] = ()
    """Additional public keys whose tokens are accepted, for a change of
    `registry_auth_signing_key`."""

    @model_validator(mode="after")
    def _costs(self) -> Token:
        check_costs(self.users, self.minimum_bcrypt_cost)
        return self

    @property
    def only_inventory(self) -> bool:
        """True if all users and groups are in the inventory, i.e. no directory is used."""
        return not self.directory_urls

    @property
    def checks_passwords(self) -> bool:
        """True: the issuer checks passwords."""
        return True

    def with_user(self, user: User) -> Self:
        """Return the settings with one more user, whom a rule of its own allows everything."""
        rule = AccessRule(
            subjects=(f"user:{user.name}",),
            repositories=("**",),
            actions=("push", "delete", "catalog"),
        )
        added = {"users": (*self.users, user), "rules": (*self.rules, rule)}
        return self.model_copy(update=added)

    @property
    def packages(self) -> tuple[str, ...]:
        """Debian packages that the issuer needs."""
        return (*PACKAGES, *((LDAP_PACKAGE,) if self.asks_directory else ()))

    @property
    def issues_tokens(self) -> bool:
        """True: this host issues tokens."""
        return True

    @property
    def token(self) -> Token:
        """These settings."""
        return self
