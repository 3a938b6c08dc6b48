"""Tokens of an external issuer: Keycloak, GitLab, Quay or another."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from holdfast.settings import types as t
from holdfast.settings.refusal import refusal
from holdfast.settings.sections.auth.base import AuthMode
from holdfast.settings.sections.auth.users import User
from holdfast.settings.types import Expect

if TYPE_CHECKING:
    from holdfast.jwks import Key

Algorithm = Literal[
    "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"
]


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[Key, ...]:
    from holdfast.jwks import read  # noqa: PLC0415 -- slow to import, and for this mode alone

    return read(text)


def _as_text(value: Any) -> Any:
    """Convert a mapping to JSON text: Ansible's lookup of a JSON file can return a mapping."""
    return json.dumps(value) if isinstance(value, dict) else value


def _usable(text: str) -> str:
    try:
        _read(text)
    except ValueError as error:
        raise refusal(
            "",
            f"the public keys of the issuer, as a JWKS or as PEM, but what is given {error}",
            "It is the text, a path on the machine that runs holdfast, or an https address",
        ) from error
    return text


Keys = Annotated[
    str,
    BeforeValidator(_as_text),
    AfterValidator(_usable),
    Expect(
        "the public keys of the issuer: a JWKS, PEM, a path, or an https address",
        "A relative path counts from the inventory's folder",
    ),
]
Name = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9 ._:/@~+-]{1,200}$"),
    Expect("letters, digits, spaces and . _ : / @ ~ + -, at most 200"),
]


class ExternalToken(AuthMode):
    """Tokens of an external issuer, which decides on access."""

    mode: Literal["external_token"]
    realm: t.HttpsAddress
    """URL at which clients fetch tokens from the issuer."""
    issuer: Name
    """Issuer name in its tokens (claim `iss`), compared exactly."""
    service: Name | None = None
    """Name of the registry in tokens (claim `aud`); the default is `registry_hostname`."""
    keys: Keys
    """Public keys of the issuer: a JWKS or PEM text, a path to one, or an https URL. Keys from a
    URL are pinned in the inventory; only `holdfast issuer refresh` updates them."""
    keys_ca: t.PemOrPath | None = None
    """CA certificate for that https URL, if it is not in the system's store."""
    keys_directory: t.ControllerPath = "trust"
    """Folder of the pinned keys; keep it under version control."""
    algorithms: Annotated[
        tuple[Algorithm, ...],
        Field(min_length=1, strict=False),
        Expect("a list of RS256, ES256, EdDSA and the like; shared secrets (HS256) are never good"),
    ] = ("RS256", "ES256", "EdDSA")
    """Accepted signature algorithms. Registry 2.8 cannot restrict them: it accepts all of RS and
    ES."""
    autoredirect: bool = False
    """Serve tokens under the registry's own name; your load balancer has to forward the path to the
    issuer. `registry_auth_realm` is then not sent to clients."""
    autoredirect_path: t.UrlPath | None = None
    """Path for `registry_auth_autoredirect` with registry 3.x; the default is `/auth/token`.
    Registry 2.8 always uses `/auth/token/`."""

    @property
    def trusted(self) -> tuple[Key, ...]:
        """Parsed public keys of the issuer."""
        return _read(self.keys)

    @model_validator(mode="after")
    def _keys_fit(self) -> ExternalToken:
        fitting = {name for key in self.trusted for name in key.algorithms}
        if not fitting & set(self.algorithms):
            raise refusal(
                "algorithms",
                f"one that fits a key of the issuer: {', '.join(sorted(fitting))}",
                "Add it",
                given=", ".join(self.algorithms),
            )
        if self.autoredirect_path and not self.autoredirect:
            raise refusal(
                "autoredirect",
                "true, for registry_auth_autoredirect_path is given",
                "Set it, or remove the path",
                given="false",
            )
        return self

    @property
    def external_token(self) -> ExternalToken:
        """These settings."""
        return self

    @property
    def users(self) -> tuple[User, ...]:
        """Empty: the issuer has the users."""
        return ()
