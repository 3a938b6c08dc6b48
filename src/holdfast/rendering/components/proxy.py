"""nginx in front of all services: names, TLS, logins, limits, and layers from the disk."""

from __future__ import annotations

from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.gate.patterns import OWN

from holdfast.rendering import blobs, push_rules, storage_config
from holdfast.rendering.accounts import PROXY_USER, SOCKET_GROUP
from holdfast.rendering.component import Account, Component, Directory, Log, Process, Source, Unit
from holdfast.rendering.components.registry import POOLS
from holdfast.rendering.cors import cors
from holdfast.rendering.gated import behind_gate
from holdfast.rendering.layout import Layout
from holdfast.rendering.listeners import listeners, ports
from holdfast.rendering.login_challenge import logins
from holdfast.rendering.metrics_endpoint import CLIENT_CA, MetricsEndpoint, endpoint
from holdfast.rendering.probe import probe
from holdfast.rendering.proxy_errors import proxy_errors
from holdfast.rendering.sites import sites
from holdfast.rendering.token_trust import token_trust
from holdfast.settings import Settings
from holdfast.settings.sections.log import ACCESS_LOG_DAYS

UNIT = "holdfast-proxy.service"
UTF8 = (
    r"(?:[\x00-\x7f]++|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
    r"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    r"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})*+"
)
"""Text that is UTF-8, as a regular expression over bytes. Source: RFC 3629, section 4."""
NAME_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
"""Component of a repository's name, as a regular expression."""
_FOR_PROXY = Source(0o440, PROXY_USER)


def component(settings: Settings, layout: Layout) -> Component:
    """Return the component of the proxy."""
    scraped = endpoint(settings, layout)
    argv = ("{nginx}", "-e", "stderr", "-c", f"{layout.current}/proxy/nginx.conf")
    return Component(
        "proxy",
        files={
            "proxy/nginx.conf": _FOR_PROXY,
            "proxy/headers.conf": _FOR_PROXY,
            "proxy/errors.conf": _FOR_PROXY,
            CLIENT_CA: _FOR_PROXY,
            f"systemd/{UNIT}": Source(),
            "systemd/holdfast-proxy.socket": Source(),
        },
        variables=_variables(settings, layout, scraped),
        units=(
            Unit("holdfast-proxy.socket", started=True, active=True),
            Unit(UNIT, started=True, active=True),
        ),
        processes=(Process("nginx", argv, socket=""),),
        accounts=(Account(PROXY_USER, "Container registry's proxy", (SOCKET_GROUP,)),),
        directories=(
            Directory(layout.proxy_run, 0o700, PROXY_USER, PROXY_USER),
            Directory(layout.cache, 0o700, PROXY_USER, PROXY_USER),
            Directory(layout.logs, 0o750, PROXY_USER, PROXY_USER),
        ),
        logs=(Log(f"{layout.logs}/access.log", PROXY_USER, ACCESS_LOG_DAYS, reopened_by=UNIT),),
        packages=("nginx", "logrotate"),
        ports=(*ports(settings), *([scraped.port] if scraped else [])),
        expect={"probe": probe(settings)},
    )


def _variables(
    settings: Settings, layout: Layout, scraped: MetricsEndpoint | None
) -> dict[str, Any]:
    tls, listening = settings.tls, listeners(settings)
    return {
        "listeners": listening,
        "scraped": scraped,
        "inherited": [
            *(address for address, _ in listening),
            *([scraped.address, scraped.health] if scraped else []),
        ],
        "external": tls.external,
        "served": tls if tls.terminates_here else None,
        "pairs": tls.key_pairs,
        "revocation": settings.mtls.ca is None or settings.mtls.crl is not None,
        "staples": tls.staples,
        "certificates": f"{layout.etc}/tls/current" if tls.staples else "$certificates",
        **logins(settings),
        "trust": token_trust(settings),
        "issues": settings.auth.issues_tokens,
        "images": storage_config.directory(settings),
        "blob_store": blobs.store(settings),
        "gated": behind_gate(settings),
        "name_rules": push_rules.name_rules(settings),
        "name_part": NAME_PART,
        "own_names": OWN,
        "sites": list(sites(settings)),
        "host_ports": sorted({settings.proxy.port, settings.public_port}),
        "errors": proxy_errors(settings),
        "pools": POOLS,
        "utf8": UTF8,
        "cors": cors(settings),
        "post_quantum": settings.os.tls_hybrid,
    }
