"""Tokens of an issuer of your own: Keycloak, GitLab, Quay, or another."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from holdfast.settings import types as t
from holdfast.settings.section import Section
from holdfast.settings.types import Expect

if TYPE_CHECKING:
    from holdfast.trust import Key

Algorithm = Literal[
    "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"
]


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[Key, ...]:
    from holdfast.trust import read  # noqa: PLC0415 -- slow to import, and for this mode alone

    return read(text)


def _as_text(value: Any) -> Any:
    """A lookup of a JSON file can come as the mapping that it describes."""
    return json.dumps(value) if isinstance(value, dict) else value


def _usable(text: str) -> str:
    try:
        _read(text)
    except ValueError as error:
        raise PydanticCustomError(
            "holdfast_keys",
            "|the public keys of the issuer, as a JWKS or as PEM, but what is given {why}"
            "|It is the text, a path on the machine that runs holdfast, or an https address",
            {"why": str(error).replace("|", " ")},
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


class ExternalToken(Section):
    """Tokens of an issuer of your own, whose rules say who may do what."""

    mode: Literal["external_token"]
    realm: t.HttpsAddress
    """Address at which clients get tokens from the issuer."""
    issuer: Name
    """What the issuer calls itself in its tokens (`iss`), letter by letter."""
    service: Name | None = None
    """What the registry is called in tokens (`aud`); without it, `registry_hostname`."""
    keys: Keys
    """Public keys of the issuer: a JWKS or PEM, its path, or its https address. What an
    address gives is pinned in the inventory by `holdfast issuer refresh`, and by nothing else."""
    keys_ca: t.PemOrPath | None = None
    """Root that vouches for that https address, when it is not in every system's store."""
    keys_directory: t.ControllerPath = "trust"
    """Folder of the keys that were fetched; it belongs under version control."""
    algorithms: Annotated[
        tuple[Algorithm, ...],
        Field(min_length=1, strict=False),
        Expect("a list of RS256, ES256, EdDSA and the like; shared secrets (HS256) are never good"),
    ] = ("RS256", "ES256", "EdDSA")
    """Ways to sign that are good. Registry 2.8 cannot be told: it takes all of RS and of ES."""
    autoredirect: bool = False
    """Whether clients get their tokens under the registry's own name, where your load balancer
    sends that path to the issuer; `registry_auth_realm` is then not told to them."""
    autoredirect_path: t.UrlPath | None = None
    """That path, for registry 3.x: without it, `/auth/token`. In 2.8 it is `/auth/token/`."""

    @property
    def trusted(self) -> tuple[Key, ...]:
        """The issuer's keys."""
        return _read(self.keys)

    @model_validator(mode="after")
    def _keys_fit(self) -> ExternalToken:
        fitting = {name for key in self.trusted for name in key.algorithms}
        if not fitting & set(self.algorithms):
            raise PydanticCustomError(
                "holdfast_algorithms",
                "algorithms|one that fits a key of the issuer: {fitting}|Add it",
                {"fitting": ", ".join(sorted(fitting)), "given": ", ".join(self.algorithms)},
            )
        if self.autoredirect_path and not self.autoredirect:
            raise PydanticCustomError(
                "holdfast_autoredirect",
                "autoredirect|true, for registry_auth_autoredirect_path is given|Set it, or remove"
                " the path",
                {"given": "false"},
            )
        return self
