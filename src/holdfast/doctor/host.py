"""Diagnose a host from its own report. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from holdfast import limits
from holdfast.deploying import status
from holdfast.doctor.finding import Finding
from holdfast.doctor.messages import duration
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import (
        Doctor,
        UnitState,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Scanned

_TODO = ("Run: ", "Run on the host: ", "See: ", "Make room", "Look at ", "Push ")


def findings(settings: Settings, seen: Doctor, offset: float) -> Iterator[Finding]:
    """Yield one finding for each check; `offset` is the host's clock offset in seconds.

    `seen` is the host's own report.
    """
    units = {unit["name"]: unit for unit in seen["units"]}
    known = [*seen["lost"], *(f"{name} is {one['state']}" for name, one in units.items())]
    drift = [one for one in seen["drift"] if one not in known]
    others: Doctor = {**seen, "drift": drift}
    for line in status.lines(settings, others):
        finding = _from_line(line)
        # The same line also says that all is intact: not when a unit below is not.
        if not (finding.state == "ok" and finding.about == "generation" and seen["drift"]):
            yield finding
    if seen["generation"] is None:
        return
    yield from _units(units.values())
    yield from _keys(seen)
    if seen["broken"]:
        yield _images(seen["broken"])
    yield _clock(offset)


def _from_line(line: status.Line) -> Finding:
    about, state, text = line
    for begin in _TODO:
        before, found, after = text.partition(f". {begin}")
        if found:
            return Finding(about, _state(state), before, f"{begin}{after}")
    return Finding(about, _state(state), text)


def _state(state: str) -> Any:
    return state if state in ("ok", "warning") else "failed"


def _units(units: Iterable[UnitState]) -> Iterator[Finding]:
    well = True
    for unit in units:
        name, message = unit["name"], " | ".join(unit["said"][-1:])
        last = f'; its last message: "{message}"' if message else ""
        if unit["state"] != "active":
            well = False
            why = f" ({unit['result']})" if unit["result"] not in ("", "success") else ""
            todo = f"See: journalctl -u {name}; then: holdfast deploy, which starts it again"
            yield Finding("units", "failed", f"{name} is {unit['state']}{why}{last}", todo)
        elif unit["restarts"]:
            well = False
            text = f"{name} ended and was started again {unit['restarts']} times{last}"
            yield Finding("units", "warning", text, f"See: journalctl -u {name}")
    if well:
        yield Finding("units", "ok", "all run")


def _keys(seen: Doctor) -> Iterator[Finding]:
    lost = seen["lost"]
    if lost:
        todo = "Run: holdfast deploy, which generates the lost files; clients have to log in again"
        yield Finding("keys", "failed", "; ".join(lost), todo)
    if seen["issuer"]:
        text = f"the issuer does not answer: {seen['issuer']}. Existing tokens stay valid"
        yield Finding("issuer", "failed", text, "Run: holdfast deploy, which starts it again")
    for problem in seen["sources"]:
        todo = "Look at its server, its certificate (registry_auth_directory_ca), its password"
        yield Finding("directory", "failed", problem, todo)


def _images(found: Scanned) -> Finding:
    """Return the finding about images that a push left without blobs, or a hand."""
    count, first = found["images"]["count"], ", ".join(found["images"]["first"])
    more = "" if found["complete"] else "; there was no time to look at the others"
    if not count:
        text = f"of {found['looked']} manifests none names a blob that is missing"
        return Finding("images", "ok", text + more)
    others = count - len(found["images"]["first"])
    text = f"{first}{f' and {others} others' if others else ''} cannot be pulled: blobs are missing"
    todo = "Run: holdfast cache flush, then push them again, or delete them"
    return Finding("images", "failed", text + more, todo)


def _clock(offset: float) -> Finding:
    if abs(offset) <= limits.CLOCK_SECONDS:
        return Finding("clock", "ok", f"{offset:+.1f} s from this machine's")
    way = "ahead of" if offset > 0 else "behind"
    text = f"{duration(abs(offset))} {way} this machine's"
    todo = "On the host: timedatectl; set up systemd-timesyncd or chrony"
    bad = abs(offset) > limits.LEEWAY_SECONDS
    more = ": tokens and certificates appear expired or not yet valid" if bad else ""
    return Finding("clock", "failed" if bad else "warning", text + more, todo)
