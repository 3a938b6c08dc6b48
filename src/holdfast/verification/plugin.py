"""Between pytest and the results: the hosts go in, an outcome for each check comes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from typing import cast

import pytest

from holdfast.verification.controls import CONTROLS
from holdfast.verification.inside import Facts
from holdfast.verification.results import Outcome, State
from holdfast.verification.target import Target

TARGETS = pytest.StashKey[Sequence[Target]]()
"""Where the suite finds the hosts of its run."""
FOUND = pytest.StashKey[dict[str, Facts]]()
"""Where it leaves the facts of each host."""
EXTRAS = pytest.StashKey[frozenset[str]]()
"""Where it finds which facts are needed that take time."""


class Collector:
    """A plugin of one run of pytest."""

    def __init__(
        self,
        targets: Sequence[Target],
        controls: Collection[str],
        report: Callable[[Outcome], None],
    ) -> None:
        self.targets = targets
        self.controls = controls
        """Ids of those that are looked at."""
        self.found: list[str] = []
        """Ids of all checks of the suite."""
        self.outcomes: list[Outcome] = []
        self.facts: dict[str, Facts] = {}
        self.broken = ""
        """Why the suite itself did not work."""
        self._report = report

    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the hosts to the suite."""
        config.stash[TARGETS] = self.targets
        config.stash[FOUND] = self.facts
        known = (CONTROLS[name] for name in self.controls if name in CONTROLS)
        config.stash[EXTRAS] = frozenset(fact for control in known for fact in control.facts)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each check against each host, one host after the other."""
        names = [target.name for target in self.targets]
        metafunc.parametrize("target", self.targets, ids=names, scope="session")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the checks of controls that are not looked at."""
        self.found = [id_of(item) for item in items]
        items[:] = [item for item in items if id_of(item) in self.controls]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how a check ended."""
        report = yield
        if call.when == "call" or not report.passed:
            target = cast(Target, item.callspec.params["target"])
            text = _text(call.excinfo.value) if call.excinfo else ""
            outcome = Outcome(target.name, id_of(item), _state(report), text, call.duration)
            self.outcomes.append(outcome)
            self._report(outcome)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that a file of the suite cannot be read."""
        if report.failed:
            self.broken = report.longreprtext

    def pytest_internalerror(self, excrepr: object) -> None:
        """Note that pytest gave up."""
        self.broken = str(excrepr)


def id_of(item: pytest.Item) -> str:
    """Return the stable name of a check."""
    marker = item.get_closest_marker("check")
    if marker is None:
        raise pytest.UsageError(f"{item.nodeid} has no name: mark it with check")
    return str(marker.args[0])


def _state(report: pytest.TestReport) -> State:
    return "passed" if report.passed else "skipped" if report.skipped else "failed"


def _text(error: BaseException) -> str:
    if isinstance(error, AssertionError | pytest.skip.Exception):
        # Where pytest takes assertions apart, it adds lines to the sentence.
        return str(error).partition("\nassert ")[0]
    return f"the check could not be made: {type(error).__name__}: {error}"
