"""Say what an upgrade changes, before it does. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from holdfast.errors import RefusedError
from holdfast.rendering import render
from holdfast.rendering.registry_process import CONFIG
from holdfast.settings import Settings
from holdfast.upgrading.choosing import catalogue_of
from holdfast.upgrading.configuration import changes, config, keys
from holdfast.upgrading.facts import facts
from holdfast.versions import at_least


@dataclass(frozen=True)
class Step:
    """The upgrade of one host."""

    host: str
    serving: str
    before: Settings
    """Settings as the inventory has them."""
    after: Settings

    @property
    def done(self) -> bool:
        """True if the host serves the wanted version already."""
        return self.serving == self.after.version

    @property
    def saved(self) -> bool:
        """True if the host has a backup."""
        return self.after.backup.target is not None

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """The registry's configuration with the wanted version."""
        return config(render(self.after))

    def lines(self) -> Iterator[str]:
        """Yield what the wanted version brings: facts of the catalogue, and keys that differ."""
        found, wanted = catalogue_of(self.after), self.after.version
        for version, about in found.between(self.serving, wanted):
            yield from facts(version, about)
        differ = changes(config(render(self.before)), self.configuration)
        yield from (f"configuration, {text}" for text in differ)

    def removed(self) -> Iterator[str]:
        """Yield a complaint about each key that a version on the way removed."""
        found = catalogue_of(self.after).between(self.serving, self.after.version)
        gone = {key: version for version, about in found for key in about.removed}
        for key, _ in keys(self.configuration) if gone else ():
            if key in gone:
                yield (
                    f"{self.host}: {CONFIG}: expected no {key}, which {gone[key]} removed, found"
                    " one. Take it out of registry_extra_config"
                )


def refuse_removed(steps: list[Step]) -> None:
    """Raise RefusedError if a configuration has keys that the wanted version lacks."""
    if faults := [text for step in steps for text in step.removed()]:
        raise RefusedError(*faults)


def lines(steps: list[Step]) -> Iterator[str]:
    """Yield the plan, once for hosts of which the same is said."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for step in steps:
        groups.setdefault((_title(step), *step.lines(), _backup(step)), []).append(step.host)
    for (title, *more), hosts in groups.items():
        yield f"{', '.join(hosts)}: {title}"
        yield from (f"  {text}" for text in more if text)


def facts_of(steps: list[Step]) -> Mapping[str, object]:
    """Return the plan as facts by host."""
    return {
        step.host: {
            "serving": step.serving,
            "wanted": step.after.version,
            "backup": step.saved,
            "lines": list(step.lines()),
        }
        for step in steps
    }


def _title(step: Step) -> str:
    wanted = step.after.version
    if step.done:
        return f"serves registry {wanted} already"
    older = "" if at_least(wanted, step.serving) else ", an older one"
    return f"registry {step.serving} to {wanted}{older}"


def _backup(step: Step) -> str:
    if step.done:
        return ""
    if step.saved:
        return f"a backup is made first, to {step.after.backup.target}"
    return "no backup is set up (registry_backup_target): look that you have one"
