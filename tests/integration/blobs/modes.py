"""Login modes and registries; each pair of them has twins."""

from __future__ import annotations

from typing import Any

from tests.integration.blobs import logins
from tests.integration.blobs.twins import CLIENTS

ALICE = {"registry_auth_users": [{"name": logins.USER, "password": logins.PASSWORD}]}
ACCEPTED = {"registry_auth_accept_open_access": True}
EXTERNAL = {
    "registry_auth_mode": "external_token",
    "registry_auth_realm": "https://issuer.test.example/token",
    "registry_auth_issuer": logins.ISSUER,
    "registry_auth_keys": logins.keys(),
}
RULES = [
    {"subjects": ["user:alice"], "repositories": ["team/image", "a/**"], "actions": ["pull"]},
    {"subjects": ["anonymous"], "repositories": ["team/other", "0"], "actions": ["pull"]},
]
MODES: dict[str, dict[str, Any]] = {
    "none": {"registry_auth_mode": "none", **ACCEPTED},
    "htpasswd": ALICE,
    "htpasswd and TLS": {**ALICE, "registry_tls_mode": "private_ca"},
    "mutual TLS": {
        **ALICE,
        "registry_tls_mode": "private_ca",
        "registry_mtls_verify": "require",
        "registry_mtls_ca": CLIENTS.root_pem,
    },
    "anonymous": {**ALICE, "registry_auth_anonymous": "pull", **ACCEPTED},
    "read-only": {**ALICE, "registry_storage_readonly": True},
    "token": {**ALICE, "registry_auth_mode": "token", "registry_auth_rules": RULES},
    "external token": EXTERNAL,
    # Nobody answers for it: what comes all the same came from the registry's disk.
    "mirror": {
        "registry_auth_mode": "none",
        "registry_mirrors": [{"name": "hub", "url": "http://127.0.0.1:9"}],
        **ACCEPTED,
    },
}
VERSIONS = ("3.1.1", "2.8.2")
PAIRS = [
    *((mode, "3.1.1") for mode in MODES),
    *((mode, "2.8.2") for mode in ("none", "token", "external token")),
]
RULED = {"team/image", "a/b/c/d/e/f"}
"""Repositories whose every blob alice may pull, by the rules."""
