"""Show the results of a verification as lines, for the command and for the playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.verification.comparison import Comparison
from holdfast.verification.results import Counts, Results, State, words

COLUMNS = 4
MANY = 3
"""Number of checks with one reason that are counted."""
LEFT_OUT: tuple[State, ...] = ("not_checked", "not_applicable")


def table(results: Results, *, quiet: bool = False, width: int | None = None) -> list[str]:
    """Return the counts of each host, then each failure, and what was left out with the reason.

    `quiet`: failures only. `width`: columns of a terminal, which get as many counts a line as fit.
    """
    lines = []
    for host, groups in results.by_host().items():
        lines += [] if quiet else _grid(host, groups, width)
        failures = results.reasons(host, "failed")
        lines += [f"{host}  failed  {_named(names)}: {text}" for text, names in failures.items()]
        lines += [
            f"{host}  {words(state)}  {', '.join(checks)}: {reason}"
            for state in LEFT_OUT
            for reason, checks in results.reasons(host, state).items()
            if not quiet
        ]
    return lines


def changes(found: Comparison) -> list[str]:
    """Return what changed since an earlier report, a line for each difference."""
    lines = [f"Since {found.name} of {found.began}: {found.summary}."]
    for one in found.controls:
        how = f"was {words(one.before)}, is" if one.before else "is new:"
        lines.append(f"{one.host}  changed  {one.what}: {how} {words(one.after)}")
    for one in found.hosts:
        before, after = one.before or "unknown", one.after or "unknown"
        lines.append(f"{one.host}  changed  {one.what}: was {before}, is {after}")
    lines += [f"{host}  changed  was not in the earlier report" for host in found.new_hosts]
    lines += [f"{host}  changed  this run did not look at the host" for host in found.gone_hosts]
    lines += [
        f"{host}  changed  this run did not look at {_named(checks)}"
        for host, checks in found.not_repeated.items()
    ]
    return lines


def _named(checks: Sequence[str]) -> str:
    """Return the names of checks that failed for one reason, with their number if it is large."""
    names = ", ".join(checks)
    return names if len(checks) < MANY else f"{len(checks)} checks ({names})"


def total(results: Results, reports: Sequence[object]) -> str:
    """Return the counts of all hosts in one sentence; `reports` are files that were written."""
    report = f" Report: {', '.join(map(str, reports))}" if reports else ""
    return f"{results.verdict}: {counted(results.total)} in {results.seconds:.1f} s.{report}"


def counted(counts: Counts) -> str:
    """Return counts by state; of what was left out only those that are not zero."""
    left_out = [f", {n} {words(state)}" for state in LEFT_OUT if (n := getattr(counts, state))]
    return f"{counts.passed} passed, {counts.failed} failed{''.join(left_out)}"


def _grid(host: str, groups: Mapping[str, Counts], columns: int | None) -> list[str]:
    """Return the counts of a host, at most four groups a line."""
    cells = [
        f"{group:<8}{counts.passed:>3} passed"
        + f", {counts.failed} failed" * bool(counts.failed)
        + f", {counts.not_checked} not checked" * bool(counts.not_checked)
        for group, counts in groups.items()
    ]
    width = max(map(len, cells), default=0) + 3
    fit = COLUMNS if columns is None else (columns - len(host) + 1) // max(width, 1)
    count = max(1, min(COLUMNS, fit))
    rows = [cells[start : start + count] for start in range(0, len(cells), count)]
    return [f"{host}  " + "".join(cell.ljust(width) for cell in row).rstrip() for row in rows]
