"""The token issuer: one process for each generation; only it can read the signing key."""

from __future__ import annotations

import json
import time
from pathlib import Path

from holdfast.rendering import issuer_config, storage_config
from holdfast.rendering.accounts import ISSUER_USER, SOCKET_GROUP
from holdfast.rendering.component import (
    Account,
    Component,
    Directory,
    Log,
    Process,
    Service,
    Source,
    public,
)
from holdfast.rendering.layout import Layout
from holdfast.settings import Settings


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component of the issuer; None if the host issues no tokens."""
    if not settings.auth.issues_tokens:
        return None
    current, log = layout.current, f"{layout.issuer_logs}/audit.log"
    places = (f"{current}/issuer", f"{layout.etc}/keys", f"{layout.run}/issuer/1.sock", log)
    return Component(
        "issuer",
        files={
            "issuer/access.json": Source(0o440, ISSUER_USER),
            "issuer/sources.json": Source(0o440, ISSUER_USER, sensitive=True),
            "issuer/keys.json": Source(0o400, sensitive=True),
            "systemd/holdfast-issuer@.service": Source(),
        },
        ready={path: public(text) for path, text in issuer_config.programs().items()},
        variables={
            **issuer_config.context(settings, layout),
            "programs": issuer_config.PROGRAMS,
            "directory": settings.auth.asks_directory,
            "images": storage_config.directory(settings),
        },
        services=(Service("issuer", "/auth/health", 204),),
        processes=(
            Process("issuer", ("{python}", "-m", "holdfast.issuer", *places), prepare=_make_keys),
        ),
        accounts=(Account(ISSUER_USER, "Container registry's issuer of tokens"),),
        directories=(
            Directory(f"{layout.run}/issuer", 0o750, ISSUER_USER, SOCKET_GROUP),
            Directory(layout.verifiers, 0o755, "root", "root"),
            Directory(layout.issuer_logs, 0o750, ISSUER_USER, ISSUER_USER),
        ),
        logs=(Log(log, ISSUER_USER, 90),),
        packages=settings.auth.packages,
    )


def _make_keys(scratch: Path) -> None:
    """Generate keys for a preview. The registry sees the trusted ones at its usual path."""
    from holdfast.issuer import keyset  # noqa: PLC0415 -- rarely needed

    order = json.loads((scratch / "etc/current/issuer/keys.json").read_text())
    keyset.write(scratch / "etc/keys", None, {**order, "change": None}, time.time())
    (scratch / "etc/trust").symlink_to("keys/trust")
