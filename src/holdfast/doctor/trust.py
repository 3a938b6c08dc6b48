"""Whom a registry trusts, as the files of its generation tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from cryptography import x509

from holdfast.errors import InputError
from holdfast.rendering import Tree
from holdfast.trust.keys import PublicKey, read

ALL = ("EdDSA", *(f"{kind}{bits}" for kind in ("RS", "ES", "PS") for bits in (256, 384, 512)))
LIBTRUST = tuple(f"{kind}{bits}" for kind in ("RS", "ES") for bits in (256, 384, 512))
"""What registry 2.8 verifies; it cannot be told to take less."""


@dataclass(frozen=True)
class Trust:
    """What a token has to say, and the keys that may have signed it."""

    issuer: str
    service: str
    version: str
    """Version of the registry."""
    keys: Mapping[str, PublicKey]
    """By the `kid` that tokens name them by."""
    roots: tuple[x509.Certificate, ...]
    """Certificates up to which the chain in a token's header may lead."""
    algorithms: tuple[str, ...]

    @property
    def old(self) -> bool:
        """Whether the registry is a 2.8."""
        return self.version.startswith("2.")

    @classmethod
    def of(cls, tree: Tree, version: str) -> Trust:
        """Return what the registry of a generation trusts. InputError when it takes no tokens."""
        paths = {"jwks": "trust/jwks.json", "rootcertbundle": "trust/bundle.pem"}
        texts = {key: tree[path].content for key, path in paths.items() if path in tree}
        return cls.read(tree["registry/config.yml"].content, texts, version)

    @classmethod
    def read(cls, config: str, texts: Mapping[str, str], version: str) -> Trust:
        """Return what a registry with a configuration trusts; `texts` are the files of keys.

        Raises InputError when it takes no tokens, or when the keys are not to be had.
        """
        token = (yaml.safe_load(config).get("auth") or {}).get("token")
        if not token:
            raise InputError(
                "registry_auth_mode: expected a mode with tokens, for there is one to look at."
                " In this mode the registry takes none"
            )
        if not texts.keys() & token.keys():
            raise InputError(
                "the keys that the registry trusts are on its host alone: ask without --offline"
            )
        return cls.made(token, {key: texts[key] for key in texts if key in token}, version)

    @classmethod
    def made(cls, token: Mapping[str, Any], texts: Mapping[str, str], version: str) -> Trust:
        """Return what a registry makes of its section `auth.token` and the files that it names."""
        old = version.startswith("2.")
        certified = read(texts["rootcertbundle"]) if "rootcertbundle" in texts else ()
        keys = {key.libtrust if old else key.thumbprint: key.public for key in certified}
        if not old and "jwks" in texts:
            keys.update(_by_kid(texts["jwks"]))
        return cls(
            issuer=token["issuer"],
            service=token["service"],
            version=version,
            keys=keys,
            roots=tuple(key.certificate for key in certified if key.certificate),
            algorithms=LIBTRUST if old else tuple(token.get("signingalgorithms") or ALL),
        )


def _by_kid(jwks: str) -> dict[str, PublicKey]:
    """Return the key of every entry of a JWKS, of one that is there under two names twice."""
    entries = [read(json.dumps({"keys": [one]}))[0] for one in json.loads(jwks)["keys"]]
    return {key.given or "": key.public for key in entries}
