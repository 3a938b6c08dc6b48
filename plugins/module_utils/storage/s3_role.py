"""Fetch the keys of the host's own role from the cloud's metadata service."""

from __future__ import annotations

import json

from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import Keys
from ansible_collections.holdfast.registry.plugins.module_utils.system import http

METADATA = "169.254.169.254"
TIMEOUT_SECONDS = 3
CREDENTIALS = "/latest/meta-data/iam/security-credentials/"


def role_keys(address: str = METADATA) -> Keys:
    """Return the keys of the host's role, by version 2 of Amazon's metadata service.

    Raises OSError if there is no such service or no role.
    """
    life = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
    token = _ask(address, "PUT", "/latest/api/token", life)
    shown = {"X-aws-ec2-metadata-token": token}
    role = _ask(address, "GET", CREDENTIALS, shown).split("\n")[0]
    try:
        found = json.loads(_ask(address, "GET", CREDENTIALS + role, shown))
        return Keys(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
    except (ValueError, KeyError) as error:
        raise OSError(f"the role {role} gives no keys") from error


def _ask(address: str, method: str, path: str, headers: dict[str, str]) -> str:
    place = f"http://{address}{path}"
    status, body = http.ask(method, place, headers, timeout=TIMEOUT_SECONDS)
    if status != 200:
        raise OSError(f"the metadata service answers {status} to {path}")
    return body.decode("utf-8", "replace").strip()
