"""Read catalogues: checksums of releases by version and architecture, and facts about them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from holdfast.errors import InputError
from holdfast.versions import at_least, number

VERSION = re.compile(r"\d+\.\d+\.\d+")
CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class About:
    """Facts about one release; empty where nobody knows them."""

    date: str = ""
    """Day of the release."""
    cves: tuple[str, ...] = ()
    """Vulnerabilities that it fixes."""
    clients: tuple[str, ...] = ()
    """Changes that clients see, as sentences."""
    removed: tuple[str, ...] = ()
    """Keys of the configuration that it no longer supports."""

    @property
    def sound(self) -> bool:
        """True if it is fit to be shown."""
        said = (*self.clients, *self.removed)
        try:
            day = not self.date or bool(date.fromisoformat(self.date))
        except (TypeError, ValueError):
            return False
        texts = all(isinstance(one, str) and one and one.isprintable() for one in said)
        return day and texts and all(CVE.fullmatch(one) for one in self.cves)


@dataclass(frozen=True)
class Catalogue:
    """Checksums of archives, facts about releases, and the day of the last change."""

    day: date
    releases: Mapping[str, Mapping[str, str]]
    about: Mapping[str, About] = field(default_factory=dict)
    """Facts by version, also of versions without a checksum."""
    floors: Mapping[str, str] = field(default_factory=dict)
    """Oldest version without a known vulnerability, by its first number."""

    @property
    def text(self) -> str:
        """The content of its file."""
        known = {
            version: {name: value for name, value in asdict(one).items() if value}
            for version, one in self.about.items()
        }
        found = {"date": self.day.isoformat(), "releases": self.releases}
        more = {"about": known, "floors": self.floors}
        return json.dumps({**found, **more}, indent=2, sort_keys=True) + "\n"

    def age(self, today: date) -> int:
        """Return its age in days."""
        return (today - self.day).days

    def aged(self, today: date) -> str:
        """Return its day and its age, for a message."""
        days = self.age(today)
        return f"of {self.day.isoformat()}, {'1 day' if days == 1 else f'{days} days'} old"

    @property
    def newest(self) -> str:
        """Newest version that has a checksum; "" if there is none."""
        return max(self.releases, key=number, default="")

    def floor(self, version: str) -> str:
        """Return the floor that a version is below; "" if it is below none."""
        floor = self.floors.get(version.partition(".")[0], "")
        return "" if at_least(version, floor) else floor

    def between(self, old: str, new: str) -> list[tuple[str, About]]:
        """Return the facts about all versions after `old`, up to `new`, in their order."""
        found = [v for v in self.about if at_least(new, v) and not at_least(old, v)]
        return [(version, self.about[version]) for version in sorted(found, key=number)]


def parsed(text: str, where: str) -> Catalogue:
    """Return the catalogue in a text. Raises InputError for anything else."""
    try:
        given: Any = json.loads(text)
        about = {version: _about(one) for version, one in given.get("about", {}).items()}
        found = Catalogue(
            date.fromisoformat(given["date"]), given["releases"], about, given.get("floors", {})
        )
        sound = _sound(found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_catalogue(where, f"{type(error).__name__}: {error}") from None
    if not sound:
        raise _no_catalogue(where, "another version, architecture, checksum or fact")
    return found


def today() -> date:
    """Return the current day."""
    return datetime.now(UTC).date()


def content(path: Path) -> bytes:
    """Return the content of a file. Raises InputError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: expected a file, {error.strerror}. Name another one") from None


def _about(given: Mapping[str, Any]) -> About:
    """Return facts. Those of a newer form of catalogue are left out."""
    known = {one.name for one in fields(About)}
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return About(**{name: value for name, value in {**given, **lists}.items() if name in known})


def _sound(found: Catalogue) -> bool:
    versions = (*found.releases, *found.about, *found.floors.values())
    return (
        all(VERSION.fullmatch(version) for version in versions)
        and all(name.isdigit() for name in found.floors)
        and all(one.sound for one in found.about.values())
        and all(
            name.isalnum() and _CHECKSUM.fullmatch(checksum)
            for checksums in found.releases.values()
            for name, checksum in checksums.items()
        )
    )


def _no_catalogue(where: str, found: str) -> InputError:
    return InputError(f"{where}: expected a catalogue of releases, got {found}. Get it again")
