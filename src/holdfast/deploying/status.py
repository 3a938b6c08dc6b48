"""What there is to say of a host that serves, for a person and for an exit code. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.deploying import tokens
from holdfast.settings import Settings
from holdfast.settings.storage import Filesystem
from holdfast.settings.tls import Acme, External, PrivateCA

Line = tuple[str, str, str]
"""Phase, state (ok, warning, failed) and text."""

STALE_DAYS = 2
"""The timer looks at the certificates twice a day."""


def lines(settings: Settings, seen: dict[str, Any], warn_days: int | None = None) -> Iterator[Line]:
    """Yield what a host says of itself; `warn_days` is a threshold other than the setting's."""
    if seen["generation"] is None:
        yield "generation", "failed", "none yet. Run: holdfast deploy"
        return
    for sentence in seen["drift"]:
        yield "generation", "failed", f"{sentence}. Run: holdfast deploy"
    if seen["interrupted"]:
        yield "generation", "failed", "an activation was cut. Run: holdfast deploy"
    if not (seen["drift"] or seen["interrupted"]):
        version = seen["version"]
        text = f"{seen['generation']}, registry {version}, intact, answering"
        yield "generation", "ok", text
    if not isinstance(settings.tls, External):
        limit = settings.tls.warn_days if warn_days is None else warn_days
        yield from _certificates(settings, seen, limit)
    if seen.get("cache"):
        yield _cache(seen["cache"])
    yield from tokens.lines(settings, seen)
    yield from _upkeep(seen)
    yield from _room(settings, seen)
    yield from _mirrors(seen)
    yield from _hardening(settings, seen["hardening"])


def _room(settings: Settings, seen: dict[str, Any]) -> Iterator[Line]:
    found, storage = seen["room"], settings.storage
    if seen["readonly"]:
        why = "registry_storage_readonly is true"
        unended = "a move has not ended. Run: holdfast storage move, or holdfast rollback"
        text = f"pushes are refused: {why if storage.readonly else unended}"
        yield "storage", "warning", text
    if not (found and isinstance(storage, Filesystem)):
        yield "storage", "ok", f"images are in {storage.place}"
        return
    for problem in found["scarce"]:
        yield "storage", "warning", f"{storage.directory}: {problem}. Make room, or grow it"
    if not found["scarce"]:
        free = f"{found['free_bytes'] / 2**30:.1f} GiB ({found['free_percent']} %) free"
        yield "storage", "ok", f"{free} for {storage.directory}"


def _mirrors(seen: dict[str, Any]) -> Iterator[Line]:
    for one in seen["mirrors"]:
        name, problem = f"{one['service']} of {one['upstream']}", one["problem"]
        if one["state"] != "active":
            why = f", for its upstream is away: {problem}" if problem else ""
            yield "mirrors", "failed", f"{name}: does not run ({one['state']}){why}"
        elif problem:
            text = f"{name}: {problem}. What was fetched before is served"
            yield "mirrors", "warning", text
        else:
            yield "mirrors", "ok", f"{name}: runs, its upstream answers"


def days_left(one: dict[str, Any], now: float) -> float:
    """Return the days that are left of a certificate that a host tells of."""
    return float(one["end"] - now) / 86400


def _certificates(settings: Settings, seen: dict[str, Any], limit: int) -> Iterator[Line]:
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
            text if good else f"{text}; {limit} should be",
        )


def _renewed(settings: Settings, seen: dict[str, Any]) -> str:
    tls = settings.tls
    if isinstance(tls, Acme):
        return f"renewed by {tls.server}"
    if not isinstance(tls, PrivateCA):
        return "yours to renew"
    following = any(one["file"].startswith("next-") for one in seen["shown"])
    return "its successor is there" if following else "renewed by the next deploy"


def _cache(found: dict[str, Any]) -> Line:
    """Return how the cache is: the registry goes on without it, and says nothing."""
    mode = found["mode"]
    if found["problem"]:
        todo = "See: systemctl status holdfast-cache" if mode == "local" else "Look at its server"
        return "cache", "failed", f"{mode}: {found['problem']}. {todo}"
    if found["open"] or found["rights"]:
        wrong = [*(["it asks for no login"] if found["open"] else []), *found["rights"]]
        return "cache", "warning", f"{mode}: {'; '.join(wrong)}. Run: holdfast deploy"
    if "used" not in found:
        return "cache", "ok", f"{mode}, answering"
    asked = found["hits"] + found["misses"]
    hits = f", {100 * found['hits'] // asked} % of questions answered" if asked else ""
    bound = f" of {found['limit'] >> 20}" if found["limit"] else ""
    keys, used = found.get("keys", 0), found["used"] >> 20
    return "cache", "ok", f"{mode}, answering, {keys} entries, {used}{bound} MiB{hits}"


def _upkeep(seen: dict[str, Any]) -> Iterator[Line]:
    upkeep = seen["upkeep"]
    if upkeep is None:
        yield "upkeep", "ok", "the timer has not run yet"
        return
    hours = (seen["time"] - upkeep["time"]) / 3600
    for problem in upkeep["problems"]:
        yield "upkeep", "warning", problem
    if hours > STALE_DAYS * 24:
        todo = "See: systemctl status holdfast-certificates.timer"
        yield "upkeep", "warning", f"the certificates were last looked at {hours:.0f} h ago. {todo}"
    elif not upkeep["problems"]:
        yield "upkeep", "ok", f"nothing wrong {hours:.0f} h ago"


def _hardening(settings: Settings, plan: dict[str, Any]) -> Iterator[Line]:
    """Yield what is in force, what cannot be on this host and why, and what was left out."""
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
