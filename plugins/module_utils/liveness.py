"""Whether the registry answers under its real name."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import names, registry_http


def live(probe: dict[str, Any]) -> list[str]:
    """Ask as a client without a login or a certificate would; return what is wrong.

    The certificate in use is the only one trusted: another one that is shown is a finding, too.
    """
    host, port, address = probe["host"], probe["port"], probe["address"]
    # A generation of an earlier holdfast does not say these.
    wanted = 401 if probe.get("login", True) else 200
    wanted = 403 if probe.get("certificates") == "require" else wanted
    try:
        if probe.get("scheme") == "http":
            connection = registry_http.over_plain(host, port, address)
        else:
            connection = registry_http.over_tls(host, port, address, names.CERTIFICATE)
        reply = connection.request("GET", "/v2/", b"", {})
    except (OSError, registry_http.RegistryError) as error:
        return [str(error)]
    if reply.status != wanted:
        return [f"/v2/ answers {reply.status}, not {wanted}"]
    realm = probe.get("realm")
    if wanted == 401 and realm and f'Bearer realm="{realm}"' not in str(reply.headers):
        return [f"/v2/ does not send clients to {realm} for tokens"]
    return []
