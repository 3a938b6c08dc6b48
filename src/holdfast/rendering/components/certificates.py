"""Maintenance of certificates on the host: renewal, revocation lists, OCSP responses, metrics."""

from __future__ import annotations

from holdfast.rendering import jobs_plan, outbound, storage_config
from holdfast.rendering.accounts import FETCH_USER
from holdfast.rendering.component import Account, Component, Directory, Job, Source, Unit
from holdfast.rendering.layout import Layout
from holdfast.rendering.probe import probe
from holdfast.settings import Settings

_FOR_FETCH = Source(0o440, FETCH_USER, sensitive=True)


def component(settings: Settings, layout: Layout) -> Component:
    """Return the component: the daily job, and the unit that fetches from other machines if
    needed."""
    fetches = jobs_plan.fetches(settings)
    proxied = outbound.environment(settings) if fetches else {}
    fetching = Account(FETCH_USER, "Container registry's certificates")
    return Component(
        "certificates",
        files={
            "systemd/holdfast-certificates-fetch.service": Source(),
            "agent/plan.json": Source(),
            "agent/acme.ini": _FOR_FETCH,
            "agent/rfc2136.ini": _FOR_FETCH,
            "agent/acme-ca.pem": Source(),
            "agent/outbound.env": Source(
                0o400, "root", True, "registry/secrets.env", {"secrets": proxied}
            ),
        },
        variables={
            "plan": jobs_plan.plan(settings, layout, probe(settings)),
            "fetches": fetches,
            "proxied": bool(proxied),
            "staples": settings.tls.staples,
            "acme": settings.tls.acme,
            "images": storage_config.directory(settings),
        },
        jobs=(_job(settings),),
        units=(Unit("holdfast-certificates-fetch.service"),) if fetches else (),
        # The verification asks the cache with this program, whatever the mode.
        programs=("certificates.fetch", "cache.state"),
        accounts=(fetching,) if fetches else (),
        directories=_directories(layout) if fetches else (),
        packages=jobs_plan.packages(settings),
    )


def _job(settings: Settings) -> Job:
    # An OCSP response is valid for hours, the certificates for weeks.
    hours = "*" if settings.tls.staples else "00/12"
    return Job("certificates", "certificates.maintenance", f"*-*-* {hours}:00")


def _directories(layout: Layout) -> tuple[Directory, ...]:
    public = "The answers to an ACME server's challenges are public."
    return (
        Directory(f"{layout.state}/fetch", 0o750, FETCH_USER, FETCH_USER),
        Directory(f"{layout.state}/acme", 0o700, FETCH_USER, FETCH_USER),
        Directory(f"{layout.state}/challenges", 0o755, FETCH_USER, FETCH_USER, public),
    )
