"""Evaluate the state of a serving host for `holdfast status` and its exit code. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import locking

from holdfast import catalogue, limits
from holdfast.deploying import backup, drop_ins, jobs, quotas, releases, scrub, tokens, updates
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import CacheState
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        Certificate,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
        HardeningState,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import Status

Line = tuple[str, str, str]
"""Phase, state (ok, warning, failed) and text."""


def lines(settings: Settings, seen: Status, warn_days: int | None = None) -> Iterator[Line]:
    """Yield the status lines of a host. `warn_days` replaces the setting's threshold."""
    if known := seen.get("locked"):
        yield "lock", "ok", f"{locking.said(known)}. To open it, run: holdfast unlock"
    if seen["generation"] is None:
        yield "generation", "failed", "none yet. Run: holdfast deploy"
        return
    for sentence in seen["drift"]:
        yield "generation", "failed", f"{sentence}. Run: holdfast deploy"
    if seen["interrupted"]:
        yield "generation", "failed", "an activation was interrupted. Run: holdfast deploy"
    strangers = drop_ins.foreign(settings, seen["drop_ins"])
    for path in strangers:
        yield "units", "failed", drop_ins.complaint(path)
    if not (seen["drift"] or seen["interrupted"] or strangers):
        version = seen["version"]
        text = f"{seen['generation']}, registry {version}, intact, answering"
        yield "generation", "ok", text
    found = catalogue.known(settings.distribution.catalogue)
    yield from releases.lines(settings, found, seen["version"], catalogue.today())
    if settings.tls.terminates_here:
        limit = settings.tls.warn_days if warn_days is None else warn_days
        yield from _certificates(settings, seen, limit)
    if seen["cache"]:
        yield _cache(seen["cache"])
    yield from tokens.lines(settings, seen)
    yield from _maintenance(seen)
    yield from jobs.lines(seen["jobs"])
    yield from backup.lines(settings, seen["jobs"], seen["time"])
    if seen["scrub"]:
        yield from scrub.lines(seen["scrub"], settings, seen["time"])
    yield from _room(settings, seen)
    yield from quotas.lines(seen["jobs"])
    yield from _mirrors(seen)
    yield from _hardening(settings, seen["hardening"])
    yield from updates.lines(seen.get("updates"), seen["time"])


def _room(settings: Settings, seen: Status) -> Iterator[Line]:
    found, storage = seen["disk_space"], settings.storage
    if seen["readonly"]:
        why = "registry_storage_readonly is true"
        unended = "a move has not ended. Run: holdfast storage move, or holdfast rollback"
        text = f"pushes are refused: {why if storage.readonly else unended}"
        yield "storage", "warning", text
    images = storage.filesystem
    if found is None or images is None:
        yield "storage", "ok", f"images are in {storage.place}"
        return
    for problem in found["warnings"]:
        yield "storage", "warning", f"{images.directory}: {problem}. Make room, or grow it"
    if not found["warnings"]:
        free = f"{found['free_bytes'] / 2**30:.1f} GiB ({found['free_percent']} %) free"
        yield "storage", "ok", f"{free} for {images.directory}"


def _mirrors(seen: Status) -> Iterator[Line]:
    for one in seen["mirrors"]:
        name, problem = f"{one['service']} of {one['upstream']}", one["problem"]
        if one["state"] != "active":
            why = f", because its upstream does not answer: {problem}" if problem else ""
            yield "mirrors", "failed", f"{name}: does not run ({one['state']}){why}"
        elif problem:
            text = f"{name}: {problem}. Cached images are still served"
            yield "mirrors", "warning", text
        else:
            yield "mirrors", "ok", f"{name}: runs, its upstream answers"


def days_left(one: Certificate, now: float) -> float:
    """Return the days until a certificate that a host reported expires."""
    return float(one["end"] - now) / 86400


def _certificates(settings: Settings, seen: Status, limit: int) -> Iterator[Line]:
    shown = [one for one in seen["shown"] if not one["file"].startswith("next-")]
    if not shown:
        yield "certificates", "failed", "there is none. Run: holdfast deploy"
    for one in shown:
        left = days_left(one, seen["time"])
        names = ", ".join(one["names"])
        text = f"{names}, by {one['issuer']}, {left:.0f} days left, {_renewed(settings, seen)}"
        good = left >= limit
        yield (
            "certificates",
            "ok" if good else "warning",
            text if good else f"{text}; the minimum is {limit}",
        )


def _renewed(settings: Settings, seen: Status) -> str:
    tls = settings.tls
    if tls.acme:
        return f"renewed by {tls.acme.server}"
    if not tls.private_authority:
        return "not renewed by holdfast"
    following = any(one["file"].startswith("next-") for one in seen["shown"])
    return "its successor is on the host" if following else "renewed by the next deploy"


def _cache(found: CacheState) -> Line:
    """Return the status of the cache: the registry continues silently without it."""
    mode = found["mode"]
    if found["problem"]:
        todo = "Run: holdfast deploy" if mode == "local" else "Look at its server"
        return "cache", "failed", f"{mode}: {found['problem']}. {todo}"
    if found["open"] or found["rights"]:
        wrong = [*(["it asks for no login"] if found["open"] else []), *found["rights"]]
        return "cache", "warning", f"{mode}: {'; '.join(wrong)}. Run: holdfast deploy"
    if "used" not in found:
        return "cache", "ok", f"{mode}, answering"
    lookups = found["hits"] + found["misses"]
    hits = f", {100 * found['hits'] // lookups} % of questions answered" if lookups else ""
    bound = f" of {found['limit'] >> 20}" if found["limit"] else ""
    keys, used = found.get("keys", 0), found["used"] >> 20
    return "cache", "ok", f"{mode}, answering, {keys} entries, {used}{bound} MiB{hits}"


def _maintenance(seen: Status) -> Iterator[Line]:
    maintenance = seen["maintenance"]
    if maintenance is None:
        yield "maintenance", "ok", "the timer has not run yet"
        return
    hours = (seen["time"] - maintenance["time"]) / 3600
    for problem in maintenance["problems"]:
        yield "maintenance", "warning", problem
    if hours > limits.CHECK_DAYS * 24:
        todo = "See: systemctl status holdfast-certificates.timer"
        yield (
            "maintenance",
            "warning",
            f"the certificates were last looked at {hours:.0f} h ago. {todo}",
        )
    elif not maintenance["problems"]:
        yield "maintenance", "ok", f"nothing wrong {hours:.0f} h ago"


def _hardening(settings: Settings, plan: HardeningState) -> Iterator[Line]:
    """Yield active parts of the hardening, parts that are not applicable, and exceptions."""
    absent = plan["missing"]
    there = [name for name in plan["parts"] if name not in absent]
    yield (
        "hardening",
        "ok",
        f"profile {plan['profile']}: {', '.join(there) or 'nothing of the host'}",
    )
    for name, reason in absent.items():
        yield "hardening", "ok", f"{name} not applicable: {reason}"
    for control, reason in settings.hardening.exceptions.items():
        yield "hardening", "ok", f"{control} left out: {reason}"
