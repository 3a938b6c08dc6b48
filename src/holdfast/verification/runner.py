"""Run the suite against hosts, and write its reports."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdfast.errors import HoldfastError
from holdfast.platforms import PLATFORMS
from holdfast.rendering import render
from holdfast.verification.controls import CONTROLS, chosen
from holdfast.verification.host_facts import Facts, platform_of
from holdfast.verification.plugin import Begun, Collector
from holdfast.verification.remote import UnreachableError
from holdfast.verification.report import junit as junit_file
from holdfast.verification.results import Origin, Outcome, Results, Subject
from holdfast.verification.target import Target

SUITE = Path(__file__).parent / "suite"
TOPICS = (
    *("host", "units", "processes", "net", "files", "supply", "time", "logs", "storage"),
    *(
        "tls",
        "offers",
        "judges",
        "auth",
        "auth_tricks",
        "rules",
        "http",
        "framing",
        "limits",
        "push_pull",
        "transfers",
        "cache",
        "mirrors",
        "host_controls",
    ),
)
"""Files of the suite, the most important first."""

_OPTIONS = (
    f"--config-file={SUITE / 'pytest.ini'}",
    f"--rootdir={SUITE}",
    "--import-mode=importlib",
    # The text of an assertion is for people: it is not to be taken apart and added to.
    "--assert=plain",
    # `report` may draw while a check runs.
    "--capture=no",
    *("-p", "no:terminal"),
    *("-p", "no:cacheprovider"),
)


def run(  # noqa: PLR0913 -- each is an option of its own
    targets: Sequence[Target],
    *,
    controls: Collection[str] | None = None,
    junit: Path | None = None,
    origin: Origin | None = None,
    report: Callable[[Outcome], None] = lambda _: None,
    begins: Callable[[Begun], None] = lambda _: None,
) -> Results:
    """Verify hosts and return the outcomes; `report` is called with each one at once.

    `begins` is called with each check before it runs.

    `controls` are ids; None for the profile `default`. The suite runs in this process: passwords
    stay in its memory. Raises HoldfastError if the suite itself does not work.
    """
    began, now = time.monotonic(), datetime.now(UTC)
    targets = [_on_its_platform(target) for target in targets]
    wanted = chosen() if controls is None else controls
    collector = Collector(targets, wanted, report, begins)
    if targets:
        _pytest(collector)
    subjects = tuple(_subject(target, collector.facts.get(target.name)) for target in targets)
    seconds = time.monotonic() - began
    results = Results(tuple(collector.outcomes), seconds, subjects, now, origin or Origin())
    if junit:
        junit_file.write(results, junit)
    return results


def _on_its_platform(target: Target) -> Target:
    """Return a target with the platform of its host, if its settings name none."""
    if target.settings.platform_known or target.connection is None:
        return target
    try:
        platform = platform_of(target.connection)
    except UnreachableError:
        return target  # the suite says so
    if platform not in PLATFORMS:
        return target
    return replace(target, settings=target.settings.model_copy(update={"platform": platform}))


def _subject(target: Target, facts: Facts | None) -> Subject:
    settings = target.settings
    known = Subject(target.name, settings.url, render(settings).digest, settings.version)
    if facts is None:
        return known
    version = facts.outputs.get("nginx", "").partition("\n")[0].rpartition("/")[2]
    generation = facts.generation or "none"
    return replace(known, generation=generation, platform=settings.platform, nginx=version)


def checks() -> tuple[str, ...]:
    """Return the control id of each check in the suite."""
    collector = Collector((), CONTROLS.keys(), lambda _: None)
    _pytest(collector, "--collect-only")
    return tuple(collector.found)


def _pytest(collector: Collector, *options: str) -> None:
    files = [str(SUITE / f"test_{topic}.py") for topic in TOPICS]
    with _no_settings_of_the_user():
        code = pytest.main([*_OPTIONS, *options, *files], plugins=[collector])
    if collector.broken:
        raise HoldfastError(f"the verification suite does not work: {collector.broken}")
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt


@contextmanager
def _no_settings_of_the_user() -> Iterator[None]:
    """Keep the user's own pytest plugins and options out of this run."""
    ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
