"""Write the configuration formats of clients."""

from __future__ import annotations

import base64
import json
from typing import Any

from holdfast.clients.plan import Access

SERVERS = {"docker.io": "registry-1.docker.io"}
"""Host name of a registry's API if it differs from the registry's name."""


def basic(login: tuple[str, str]) -> str:
    """Encode a login for HTTP Basic (RFC 7617) and docker's config.json."""
    return base64.b64encode(":".join(login).encode()).decode()


def mapping(own: dict[str, Any]) -> str:
    """Format a mapping as indented JSON."""
    return json.dumps(own, indent=2) + "\n"


def registries_conf(mirrored: str, mirror: str) -> str:
    """Return a drop-in of registries.conf that tries a mirror first."""
    return (
        f'[[registry]]\nprefix = "{mirrored}"\nlocation = "{mirrored}"\n\n'
        f'[[registry.mirror]]\nlocation = "{mirror}"\n'
    )


def hosts_toml(access: Access, folder: str, mirrored: str = "") -> str:
    """Return a hosts.toml for the registry itself, or for one that it mirrors."""
    own = access.endpoint if mirrored else f"https://{access.authority}"
    server = f"https://{SERVERS.get(mirrored, mirrored)}" if mirrored else own
    lines = [f'server = "{server}"', "", f'[host."{own}"]']
    lines += ['  capabilities = ["pull", "resolve"]'] if mirrored else []
    lines += ["  override_path = true"] if mirrored and access.path else []
    lines += [f'  ca = "{folder}/ca.crt"'] if access.ca else []
    if access.pair:
        lines += [f'  client = [["{folder}/client.cert", "{folder}/client.key"]]']
    if access.login:
        lines += [f'  [host."{own}".header]', f'    authorization = "Basic {basic(access.login)}"']
    return "\n".join(lines) + "\n"


def registries_yaml(access: Access, folder: str) -> dict[str, Any]:
    """Return the keys of k3s' registries.yaml; empty if there are none."""
    config: dict[str, Any] = {"tls": {"ca_file": f"{folder}/ca.crt"}} if access.ca else {}
    if access.pair:
        pair = {"cert_file": f"{folder}/client.cert", "key_file": f"{folder}/client.key"}
        config["tls"] = config.get("tls", {}) | pair
    if access.login:
        config["auth"] = dict(zip(("username", "password"), access.login, strict=True))
    own: dict[str, Any] = {"configs": {access.authority: config}} if config else {}
    if access.mirror_of:
        own["mirrors"] = {access.mirror_of: {"endpoint": [access.endpoint]}}
    return own


def buildkitd_toml(access: Access, folder: str) -> str:
    """Return the block for buildkitd.toml, with marker lines; "" if there is nothing to set."""
    name = access.authority
    lines = [f'[registry."{name}"]'] if access.ca or access.pair else []
    lines += [f'  ca = ["{folder}/ca.crt"]'] if access.ca else []
    if access.pair:
        lines += [f'  [[registry."{name}".keypair]]']
        lines += [f'    key = "{folder}/client.key"', f'    cert = "{folder}/client.cert"']
    if access.mirror_of:
        lines += [f'[registry."{access.mirror_of}"]', f'  mirrors = ["{access.location}"]']
    if not lines:
        return ""
    return "\n".join([f"# holdfast: {name}", *lines, f"# holdfast: end of {name}"]) + "\n"
