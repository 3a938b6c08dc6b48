"""Flat variables to Settings, or every complaint at once."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from holdfast.errors import Complaint, InputError
from holdfast.settings.auth import Token, access
from holdfast.settings.complaints import complain
from holdfast.settings.flat import DEFAULT_MODES, PREFIX, by_name, nest
from holdfast.settings.model import Settings


class SettingsError(InputError):
    """All that is wrong with the settings of one host."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__(*map(str, complaints))
        self.complaints = complaints


def parse(variables: Mapping[str, Any]) -> Settings:
    """Return the settings of a host from its variables.

    Names that do not begin with `registry_` are not looked at. Raises SettingsError with every
    complaint at once: unknown names, names of another mode, and wrong or missing values.
    """
    flat = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
    complaints = [_unknown(name) for name in flat if name not in by_name()]
    known = {name: value for name, value in flat.items() if name in by_name()}
    nested = nest(known)
    complaints += _foreign(known, nested)
    try:
        settings = Settings.model_validate(nested)
    except ValidationError as error:
        found = [Complaint(*complain(Settings, detail)) for detail in error.errors()]
        # A list of which every item is wrong is also reported as too short: say it once.
        complaints += [c for c in found if not any(_inside(o, c) for o in found)]
    else:
        complaints += _in_extra_config(settings)
        if isinstance(settings.auth, Token):
            complaints += access.complaints(settings.auth)
    if complaints:
        raise SettingsError(tuple(sorted(complaints, key=lambda c: c.variable)))
    return settings


def _in_extra_config(settings: Settings) -> list[Complaint]:
    if not settings.extra_config:
        return []
    from holdfast.settings import extra_config  # noqa: PLC0415 -- the tables of every key

    return extra_config.complaints(settings.extra_config, settings.version, settings.storage.driver)


def _inside(one: Complaint, other: Complaint) -> bool:
    return one.variable.startswith((other.variable + "[", other.variable + "."))


def _unknown(name: str) -> Complaint:
    # Without the prefix, which all have in common, and which would make all of them near.
    bare = {known.removeprefix(PREFIX): known for known in by_name()}
    near = get_close_matches(name.removeprefix(PREFIX), bare, n=1, cutoff=0.6)
    what = f"Did you mean {bare[near[0]]}?" if near else "docs/settings.md lists every setting"
    return Complaint(name, f"no such setting. {what}")


def _foreign(known: Mapping[str, Any], nested: dict[str, Any]) -> list[Complaint]:
    """Complain of variables that exist, but not in the chosen mode; take them out of `nested`."""
    found = []
    for name in known:
        homes = by_name()[name]
        section, modes = homes[0].section, [home.mode for home in homes]
        if section not in DEFAULT_MODES:
            continue
        tag = DEFAULT_MODES[section][0]
        chosen = nested[section].get(tag)
        all_modes = {v.mode for vs in by_name().values() for v in vs if v.section == section}
        if homes[0].key == tag or chosen in modes or chosen not in all_modes:
            continue
        del nested[section][homes[0].key]
        chooser = f"{PREFIX}{section}_{tag}"
        other = " or ".join(str(mode) for mode in modes)
        text = f"given, but {chooser} is {chosen}. Remove it, or set {chooser}: {other}"
        found.append(Complaint(name, text))
    return found
