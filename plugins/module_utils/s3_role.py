"""Keys of the role that a cloud gives to the host itself."""

from __future__ import annotations

import http.client
import json

from ansible_collections.holdfast.registry.plugins.module_utils.s3_client import Keys

METADATA = "169.254.169.254"
TIMEOUT_SECONDS = 3
CREDENTIALS = "/latest/meta-data/iam/security-credentials/"


def role_keys(address: str = METADATA) -> Keys:
    """Return the keys of the host's role, by version 2 of Amazon's metadata service.

    Raises OSError when there is no such service, or no role.
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
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace").strip()
    except http.client.HTTPException as error:
        raise OSError(f"{address} does not answer as a metadata service") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"the metadata service answers {answer.status} to {path}")
    return text
