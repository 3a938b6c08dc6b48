"""Connect pytest to the results: pass hosts to the suite, and collect one outcome per check."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from typing import cast

import pytest

from holdfast.verification import evidence
from holdfast.verification.controls import CONTROLS
from holdfast.verification.host_facts import Facts
from holdfast.verification.results import Outcome, State
from holdfast.verification.skips import NotCheckedError
from holdfast.verification.target import Target

TARGETS = pytest.StashKey[Sequence[Target]]()
"""Key of the hosts that the suite verifies."""
FOUND = pytest.StashKey[dict[str, Facts]]()
"""Key of the facts by host, which the suite fills in."""
EXTRAS = pytest.StashKey[frozenset[str]]()
"""Key of the slow facts that this run needs."""


@dataclass(frozen=True)
class Begun:
    """A check that begins."""

    host: str
    check: str
    done: int
    """Number of checks before it, on all hosts."""
    total: int

    def __str__(self) -> str:
        return f"{self.done} of {self.total}  {self.host}  {self.check}"


class Collector:
    """The plugin of one run of pytest."""

    def __init__(
        self,
        targets: Sequence[Target],
        controls: Collection[str],
        report: Callable[[Outcome], None],
        begins: Callable[[Begun], None] = lambda _: None,
    ) -> None:
        self.targets = targets
        self.controls = controls
        """Ids of the controls of this run."""
        self.found: list[str] = []
        """Ids of all checks of the suite."""
        self.outcomes: list[Outcome] = []
        self.facts: dict[str, Facts] = {}
        self.broken = ""
        """Reason why the suite itself does not work; "" if it works."""
        self._report, self._begins = report, begins
        self._count, self._total = 0, 0
        self._shared: dict[str, list[str]] = {}
        """Observations of fixtures at their set-up, for the later checks that use them."""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Pass the hosts to the suite."""
        config.stash[TARGETS] = self.targets
        config.stash[FOUND] = self.facts
        known = (CONTROLS[name] for name in self.controls if name in CONTROLS)
        config.stash[EXTRAS] = frozenset(fact for control in known for fact in control.facts)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run all checks against one host, then against the next."""
        names = [target.name for target in self.targets]
        metafunc.parametrize("target", self.targets, ids=names, scope="session")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the checks of controls that are not part of this run."""
        self.found = [id_of(item) for item in items]
        items[:] = [item for item in items if id_of(item) in self.controls]
        self._total = len(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Function) -> None:
        """Report that a check begins."""
        target = cast(Target, item.callspec.params["target"])
        self._begins(Begun(target.name, id_of(item), self._count, self._total))
        self._count += 1

    def pytest_runtest_logstart(self) -> None:
        """Forget what was seen after the check before."""
        evidence.taken()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Keep the observations of a fixture: only the first check that uses it sets it up."""
        del request
        start = evidence.count()
        try:
            return (yield)
        finally:
            self._shared[fixturedef.argname] = evidence.since(start)

    def pytest_runtest_call(self, item: pytest.Function) -> None:
        """Record for this check what its fixtures saw before."""
        mine = set(evidence.since(0))
        for line in dict.fromkeys(x for n in item.fixturenames for x in self._shared.get(n, ())):
            if line not in mine:
                evidence.note(line)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record the outcome of a check."""
        report = yield
        if call.when == "call" or not report.passed:
            target = cast(Target, item.callspec.params["target"])
            text = _text(call.excinfo.value) if call.excinfo else ""
            state = _state(report, call.excinfo.value if call.excinfo else None)
            seen = evidence.taken()
            outcome = Outcome(target.name, id_of(item), state, text, call.duration, seen)
            self.outcomes.append(outcome)
            self._report(outcome)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record that a file of the suite cannot be imported."""
        if report.failed:
            self.broken = report.longreprtext

    def pytest_internalerror(self, excrepr: object) -> None:
        """Record an internal error of pytest."""
        self.broken = str(excrepr)


def id_of(item: pytest.Item) -> str:
    """Return the stable name of a check."""
    marker = item.get_closest_marker("check")
    if marker is None:
        raise pytest.UsageError(f"{item.nodeid} has no name: mark it with check")
    return str(marker.args[0])


def _state(report: pytest.TestReport, error: BaseException | None) -> State:
    if report.skipped:
        return "not_checked" if isinstance(error, NotCheckedError) else "not_applicable"
    return "passed" if report.passed else "failed"


def _text(error: BaseException) -> str:
    if isinstance(error, AssertionError | pytest.skip.Exception):
        # Where pytest takes assertions apart, it adds lines to the sentence.
        return str(error).partition("\nassert ")[0]
    return f"the check could not be made: {type(error).__name__}: {error}"
