"""The token policy of a registry, read from the files of its generation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from cryptography import x509

from holdfast.errors import InputError
from holdfast.jwks.keys import PublicKey, read
from holdfast.rendering import Tree

ALL = ("EdDSA", *(f"{kind}{bits}" for kind in ("RS", "ES", "PS") for bits in (256, 384, 512)))
LIBTRUST = tuple(f"{kind}{bits}" for kind in ("RS", "ES") for bits in (256, 384, 512))
"""Algorithms that registry 2.8 accepts; they cannot be restricted."""


@dataclass(frozen=True)
class TokenPolicy:
    """Required claims of a token, and the keys that may sign it."""

    issuer: str
    service: str
    version: str
    """Version of the registry."""
    keys: Mapping[str, PublicKey]
    """Public keys by key id (`kid`)."""
    roots: tuple[x509.Certificate, ...]
    """Trusted certificates for the chain in a token's header."""
    algorithms: tuple[str, ...]

    @property
    def old(self) -> bool:
        """True for registry 2.8."""
        return self.version.startswith("2.")

    @classmethod
    def of(cls, tree: Tree, version: str) -> TokenPolicy:
        """Return the policy of a generation's registry. Raises InputError if it accepts no
        tokens."""
        paths = {"jwks": "trust/jwks.json", "rootcertbundle": "trust/bundle.pem"}
        texts = {key: tree[path].content for key, path in paths.items() if path in tree}
        return cls.read(tree["registry/config.yml"].content, texts, version)

    @classmethod
    def read(cls, config: str, texts: Mapping[str, str], version: str) -> TokenPolicy:
        """Return the policy of a registry's configuration; `texts` are the key files.

        Raises InputError if it accepts no tokens, or if the keys are not available.
        """
        token = (yaml.safe_load(config).get("auth") or {}).get("token")
        if not token:
            raise InputError(
                "registry_auth_mode: expected a mode with tokens, for there is one to look at."
                " In this mode the registry takes none"
            )
        if not texts.keys() & token.keys():
            raise InputError(
                "the keys that the registry trusts are only on its host: run it without --offline"
            )
        return cls.made(token, {key: texts[key] for key in texts if key in token}, version)

    @classmethod
    def made(cls, token: Mapping[str, Any], texts: Mapping[str, str], version: str) -> TokenPolicy:
        """Return the policy of a section `auth.token` and the key files it names."""
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
    """Return the keys of a JWKS by key id; a key with two ids appears twice."""
    entries = [read(json.dumps({"keys": [one]}))[0] for one in json.loads(jwks)["keys"]]
    return {key.given or "": key.public for key in entries}
