"""Open the store of a generation, a directory or a bucket, with its keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.gate.directory import Directory
from ansible_collections.holdfast.registry.plugins.module_utils.gate.objects import Objects
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.storage import preflight, s3_proof
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_pool import Pool
from ansible_collections.holdfast.registry.plugins.module_utils.system import http

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        Storage,
        StorageSecrets,
    )

SECRETS = "gate/secrets.env"
"""File of a generation with the keys of its bucket, as systemd reads it."""
ACCESS, SECRET = "HOLDFAST_GATE_ACCESS", "HOLDFAST_GATE_SECRET"


def opened(storage: Storage, generation: str, variables: Mapping[str, str] | None = None) -> Store:
    """Return the store of a generation; `variables` are those of its file with the keys.

    Without them they are read from the file, which root can do. Raises OSError.
    """
    if "directory" in storage:
        return Directory(storage["directory"])
    known = _variables(generation) if variables is None else variables
    secrets: StorageSecrets = {"ca": _text(f"{generation}/registry/ca.pem")}
    secrets["outbound"] = {name: value for name, value in known.items() if name.endswith("_PROXY")}
    if storage["keys"]:
        secrets["access"], secrets["secret"] = known[ACCESS], known[SECRET]
    trusted = http.trust(secrets["ca"] or "")
    pool = Pool(lambda: preflight.bucket(storage, secrets, trusted))
    return Objects(pool, storage["root"], s3_proof.placed(storage))


def _variables(generation: str) -> dict[str, str]:
    lines = _text(os.path.join(generation, SECRETS)).splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: json.loads(value) for name, _, value in pairs}


def _text(path: str) -> str:
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as stream:
        return stream.read()
