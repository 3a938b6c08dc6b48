"""What an external issuer, the version of the registry and the place of TLS have to agree on."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

from holdfast.settings.auth.external_token import ExternalToken
from holdfast.settings.tls import External, Tls


def refuse_misfits(auth: object, version: str, tls: Tls) -> None:
    """Raise PydanticCustomError when tokens of an external issuer could not work."""
    if not isinstance(auth, ExternalToken):
        return
    old = version.startswith("2.")
    if old and all(key.algorithms == ("EdDSA",) for key in auth.trusted):
        raise PydanticCustomError(
            "holdfast_old_keys",
            "auth_keys|an RSA or ECDSA key, for registry {version} knows no other"
            "|Take registry 3.1 (registry_distribution_source), or another key of the issuer",
            {"version": version, "given": "Ed25519 alone"},
        )
    if old and auth.autoredirect_path:
        raise PydanticCustomError(
            "holdfast_old_path",
            "auth_autoredirect_path|to be left out, for registry {version} has a fixed one,"
            " /auth/token/|Remove it, or take registry 3.1",
            {"version": version},
        )
    if auth.autoredirect and not isinstance(tls, External):
        raise PydanticCustomError(
            "holdfast_no_balancer",
            "auth_autoredirect|false, for nothing in front of the proxy could send clients on to"
            " the issuer|Let clients go to registry_auth_realm, or set registry_tls_mode: external",
            {"given": "true"},
        )
