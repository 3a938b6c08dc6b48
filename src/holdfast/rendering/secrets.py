"""Secrets of the registry: they reach it by its environment, so its configuration can be shown."""

from __future__ import annotations

import json

from holdfast.rendering import caching, hooks, storage
from holdfast.settings import Settings
from holdfast.settings.mirrors import Upstream


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that hold secrets; systemd reads them as root, nobody else can."""
    found = {"REGISTRY_HTTP_SECRET": settings.http.secret}
    own = {name: value.get_secret_value() for name, value in found.items() if value}
    # The registry reads each value as YAML: quoted, a password is taken for nothing else.
    passwords = {name: json.dumps(value) for name, value in caching.secrets(settings).items()}
    kept = {**own, **storage.environment(settings)}
    return {**kept, **passwords, **hooks.secrets(settings), **of_mirror(settings.upstream)}


def of_mirror(upstream: Upstream) -> dict[str, str]:
    """Return the variables with which a mirror logs in to its upstream."""
    if not (upstream.username and upstream.password):
        return {}
    given = {"USERNAME": upstream.username, "PASSWORD": upstream.password.get_secret_value()}
    # The registry reads each variable as YAML, in which a password could be something else.
    return {f"REGISTRY_PROXY_{name}": json.dumps(value) for name, value in given.items()}
