"""What is wrong with a host, from what it says of itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.deploying import status
from holdfast.doctor.finding import Finding
from holdfast.doctor.words import duration
from holdfast.settings import Settings

CLOCK_SECONDS = 5.0
"""A clock further off than this is worth a word; tokens have a minute of patience."""
LEEWAY_SECONDS = 60.0
_TODO = ("Run: ", "See: ", "Make room", "Look at ")


def findings(settings: Settings, seen: dict[str, Any], offset: float) -> Iterator[Finding]:
    """Yield a finding for each thing that was looked at; `offset` is the host's clock, in seconds.

    `seen` is what `consultation.consult` found on the host.
    """
    units = {unit["name"]: unit for unit in seen["units"]}
    known = [*seen.get("lost", ()), *(f"{name} is {one['state']}" for name, one in units.items())]
    drift = [one for one in seen["drift"] if one not in known]
    for line in status.lines(settings, {**seen, "drift": drift}):
        finding = _from_line(line)
        # The same line also says that all is intact: not when a unit below is not.
        if not (finding.state == "ok" and finding.about == "generation" and seen["drift"]):
            yield finding
    if seen["generation"] is None:
        return
    yield from _units(units.values())
    yield from _keys(seen)
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


def _units(units: Any) -> Iterator[Finding]:
    well = True
    for unit in units:
        name, said = unit["name"], " | ".join(unit["said"][-1:])
        last = f'; its last words: "{said}"' if said else ""
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


def _keys(seen: dict[str, Any]) -> Iterator[Finding]:
    lost = seen.get("lost") or []
    if lost:
        todo = "Run: holdfast deploy, which makes what is lost anew; clients log in once more"
        yield Finding("keys", "failed", "; ".join(lost), todo)
    if seen.get("issuer"):
        text = f"the issuer does not answer: {seen['issuer']}. Tokens that clients have are good"
        yield Finding("issuer", "failed", text, "Run: holdfast deploy, which starts it again")
    for problem in seen.get("sources") or ():
        todo = "Look at its server, its certificate (registry_auth_directory_ca), its password"
        yield Finding("directory", "failed", problem, todo)


def _clock(offset: float) -> Finding:
    if abs(offset) <= CLOCK_SECONDS:
        return Finding("clock", "ok", f"{offset:+.1f} s from this machine's")
    way = "ahead of" if offset > 0 else "behind"
    text = f"{duration(abs(offset))} {way} this machine's"
    todo = "On the host: timedatectl; set up systemd-timesyncd or chrony"
    bad = abs(offset) > LEEWAY_SECONDS
    more = ": tokens and certificates are taken for too old or too new" if bad else ""
    return Finding("clock", "failed" if bad else "warning", text + more, todo)
