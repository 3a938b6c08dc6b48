"""Convert the keys of a token issuer to settings."""

from __future__ import annotations

from typing import Any

from holdfast.importing.convert import Convert, Drop, Sources
from holdfast.settings.placeholder import placeholder

AT = "auth.token"
MODE = {"registry_auth_mode": "external_token"}
UNUSED = "not in use: auth.token.autoredirect is not true"


def _setting(name: str) -> Convert:
    return lambda value, _: {**MODE, f"registry_auth_{name}": value}


def _keys(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    """Convert the file of the issuer's keys to its text."""
    both = [sources.value(f"{AT}.{name}") for name in ("jwks", "rootcertbundle")]
    if sources.path.endswith("rootcertbundle") and all(both):
        return Drop("registry_auth_keys has the keys of auth.token.jwks")
    text = sources.files.text(value)
    if text is None:
        text = placeholder(f"the issuer's public keys, which are in {value}, not here")
    return {**MODE, "registry_auth_keys": text}


def _redirect_path(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    if sources.value(f"{AT}.autoredirect") is not True:
        return Drop(UNUSED)
    return {**MODE, "registry_auth_autoredirect_path": value}


TOKENS: dict[str, Convert] = {
    f"{AT}.realm": _setting("realm"),
    f"{AT}.service": _setting("service"),
    f"{AT}.issuer": _setting("issuer"),
    f"{AT}.rootcertbundle": _keys,
    f"{AT}.jwks": _keys,
    f"{AT}.signingalgorithms": _setting("algorithms"),
    f"{AT}.autoredirect": _setting("autoredirect"),
    f"{AT}.autoredirectpath": _redirect_path,
}
"""Conversion of each key of a token issuer."""
