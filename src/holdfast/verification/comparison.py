"""Compare the results of a verification with those of an earlier report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from holdfast.verification.results import Results

ABOUT = ("url", "registry", "generation", "platform", "nginx", "digest")
"""Properties of a host that are compared."""
_ORDER = ("failed", "not_checked", "passed", "not_applicable")


@dataclass(frozen=True)
class Change:
    """One difference on a host; an empty value stands for none."""

    host: str
    what: str
    """Id of a control, or a field of the subject."""
    before: str
    after: str


@dataclass(frozen=True)
class Previous:
    """An earlier report."""

    name: str
    digest: str
    """SHA-256 of its file."""
    began: str
    hosts: Mapping[str, Mapping[str, str]]
    states: Mapping[tuple[str, str], str]
    """State by host and control."""


@dataclass(frozen=True)
class Comparison:
    """Differences to an earlier report."""

    name: str
    digest: str
    began: str
    controls: tuple[Change, ...]
    """Controls in another state, and those that the earlier report did not have."""
    hosts: tuple[Change, ...]
    """Other properties of a host: its generation, versions, the digest of its files."""
    new_hosts: tuple[str, ...]
    gone_hosts: tuple[str, ...]
    not_repeated: Mapping[str, tuple[str, ...]]
    """Controls of the earlier report that this run did not look at, by host."""

    @property
    def summary(self) -> str:
        """The comparison in one sentence, without a full stop."""
        changed = [one for one in self.controls if one.before]
        failed = sum(one.after == "failed" for one in changed)
        counted = f"{len(changed)} control{'s' * (len(changed) != 1)} changed"
        return f"{counted}, {failed} of them failed now" if changed else "no control changed"


def compare(results: Results, previous: Previous) -> Comparison:
    """Return what differs from an earlier report, the worst first."""
    now = {(one.host, one.check): one.state for one in results.outcomes}
    about = {one.host: {name: asdict(one)[name] for name in ABOUT} for one in results.subjects}
    common = [host for host in about if host in previous.hosts]
    controls = [
        Change(host, check, previous.states.get((host, check), ""), state)
        for (host, check), state in now.items()
        if host in common and previous.states.get((host, check)) != state
    ]
    gone = [key for key in previous.states if key[0] in common and key not in now]
    return Comparison(
        previous.name,
        previous.digest,
        previous.began,
        tuple(sorted(controls, key=lambda one: _ORDER.index(one.after))),
        tuple(
            Change(host, name, previous.hosts[host][name], about[host][name])
            for host in common
            for name in ABOUT
            if previous.hosts[host][name] != about[host][name]
        ),
        tuple(host for host in about if host not in previous.hosts),
        tuple(host for host in previous.hosts if host not in about),
        {h: found for h in common if (found := tuple(check for at, check in gone if at == h))},
    )
