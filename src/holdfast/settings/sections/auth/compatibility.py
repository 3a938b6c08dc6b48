"""Check an external issuer against the registry's version and the TLS mode."""

from __future__ import annotations

from holdfast.settings.refusal import refusal
from holdfast.settings.sections.auth import Auth
from holdfast.settings.sections.tls import Tls


def check_external_issuer(mode: Auth, version: str, tls: Tls) -> None:
    """Raise a refusal if the registry could not use tokens of an external issuer."""
    auth = mode.external_token
    if auth is None:
        return
    old = version.startswith("2.")
    if old and all(key.algorithms == ("EdDSA",) for key in auth.trusted):
        raise refusal(
            "auth_keys",
            f"an RSA or ECDSA key, for registry {version} knows no other",
            "Take registry 3.1 (registry_distribution_source), or another key of the issuer",
            given="Ed25519 alone",
        )
    if old and auth.autoredirect_path:
        raise refusal(
            "auth_autoredirect_path",
            f"to be left out, for registry {version} has a fixed one, /auth/token/",
            "Remove it, or take registry 3.1",
        )
    if auth.autoredirect and tls.terminates_here:
        raise refusal(
            "auth_autoredirect",
            "false, for nothing in front of the proxy could send clients on to the issuer",
            "Let clients go to registry_auth_realm, or set registry_tls_mode: external",
            given="true",
        )
