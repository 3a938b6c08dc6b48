"""Secrets of the registry, passed in its environment, so that its configuration can be shown."""

from __future__ import annotations

import json

from holdfast.rendering import cache_config, notifications, storage_config
from holdfast.settings import Settings
from holdfast.settings.sections.upstream import Upstream


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables with secrets. systemd reads them as root; no one else
    can."""
    found = {"REGISTRY_HTTP_SECRET": settings.http.secret}
    own = {name: value.get_secret_value() for name, value in found.items() if value}
    # The registry reads each value as YAML: quoted, a password is taken for nothing else.
    passwords = {name: json.dumps(value) for name, value in cache_config.secrets(settings).items()}
    kept = {**own, **storage_config.environment(settings)}
    return {**kept, **passwords, **notifications.secrets(settings), **of_mirror(settings.upstream)}


def of_mirror(upstream: Upstream) -> dict[str, str]:
    """Return the environment variables by which a mirror logs in to its upstream."""
    if not (upstream.username and upstream.password):
        return {}
    given = {"USERNAME": upstream.username, "PASSWORD": upstream.password.get_secret_value()}
    # The registry reads each variable as YAML, in which a password could be something else.
    return {f"REGISTRY_PROXY_{name}": json.dumps(value) for name, value in given.items()}
