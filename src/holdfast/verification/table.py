"""Show the results of a verification as lines, for the command and for the playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.verification.results import Counts, Results, State, words

COLUMNS = 4
LEFT_OUT: tuple[State, ...] = ("not_checked", "not_applicable")


def table(results: Results, *, quiet: bool = False) -> list[str]:
    """Return the counts of each host, then each failure, and what was left out with the reason.

    `quiet`: failures only.
    """
    lines = []
    for host, groups in results.by_host().items():
        lines += [] if quiet else _grid(host, groups)
        lines += [
            f"{host}  failed  {one.check}: {one.text}"
            for one in results.failures
            if one.host == host
        ]
        lines += [
            f"{host}  {words(state)}  {', '.join(checks)}: {reason}"
            for state in LEFT_OUT
            for reason, checks in results.reasons(host, state).items()
            if not quiet
        ]
    return lines


def total(results: Results, reports: Sequence[object]) -> str:
    """Return the counts of all hosts in one sentence; `reports` are files that were written."""
    report = f" Report: {', '.join(map(str, reports))}" if reports else ""
    return f"{results.verdict}: {counted(results.total)} in {results.seconds:.1f} s.{report}"


def counted(counts: Counts) -> str:
    """Return counts by state; of what was left out only those that are not zero."""
    left_out = [f", {n} {words(state)}" for state in LEFT_OUT if (n := getattr(counts, state))]
    return f"{counts.passed} passed, {counts.failed} failed{''.join(left_out)}"


def _grid(host: str, groups: Mapping[str, Counts]) -> list[str]:
    """Return the counts of a host, four groups a line."""
    cells = [
        f"{group:<8}{counts.passed:>3} passed"
        + f", {counts.failed} failed" * bool(counts.failed)
        + f", {counts.not_checked} not checked" * bool(counts.not_checked)
        for group, counts in groups.items()
    ]
    width = max(map(len, cells), default=0) + 3
    rows = [cells[start : start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    return [f"{host}  " + "".join(cell.ljust(width) for cell in row).rstrip() for row in rows]
