"""Parse flat variables to Settings, or report all errors at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from holdfast.errors import Complaint, InputError
from holdfast.platforms import PLATFORMS
from holdfast.settings import placeholder, unknown_variables
from holdfast.settings.errors import complain
from holdfast.settings.model import Settings
from holdfast.settings.sections.auth import Token, access_errors
from holdfast.settings.variables import DEFAULT_MODES, PREFIX, by_name, nest


class SettingsError(InputError):
    """All errors in the settings of one host."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__(*map(str, complaints))
        self.complaints = complaints


def parse(variables: Mapping[str, Any], platform: str | None = None) -> Settings:
    """Parse a host's variables to its settings.

    `platform` is the host's platform, used if the variables do not set it. A platform that holdfast
    does not support is left to the preflight. Names that do not begin with `registry_` are ignored.
    Raises SettingsError with all errors: misspelt names, names of another mode, wrong and missing
    values. For other unknown names see `holdfast.settings.unknown_variables`.
    """
    flat = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
    complaints = unknown_variables.refused(flat)
    known = {name: value for name, value in flat.items() if name in by_name()}
    nested = nest(known)
    if platform in PLATFORMS:
        nested.setdefault("platform", platform)
    complaints += _foreign(known, nested)
    marked = [one for name in known for one in placeholder.complaints(name, known[name])]
    complaints += marked
    try:
        settings = Settings.model_validate(nested)
    except ValidationError as error:
        found = [Complaint(*complain(Settings, detail)) for detail in error.errors()]
        # A list of which every item is wrong is also reported as too short: say it once.
        held = {one.variable for one in marked}
        found = [c for c in found if c.variable not in held]
        complaints += [c for c in found if not any(_inside(o, c) for o in found)]
    else:
        complaints += _in_extra_config(settings)
        if isinstance(settings.auth, Token):
            complaints += access_errors.errors(settings.auth)
    if complaints:
        raise SettingsError(tuple(sorted(complaints, key=lambda c: c.variable)))
    return settings


def _in_extra_config(settings: Settings) -> list[Complaint]:
    if not settings.extra_config:
        return []
    from holdfast.settings.sections import extra_config  # noqa: PLC0415 -- the tables of every key

    return extra_config.complaints(settings.extra_config, settings.version, settings.storage.driver)


def _inside(one: Complaint, other: Complaint) -> bool:
    return one.variable.startswith((other.variable + "[", other.variable + "."))


def _foreign(known: Mapping[str, Any], nested: dict[str, Any]) -> list[Complaint]:
    """Return errors for variables that exist only in another mode, and remove them from
    `nested`."""
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
