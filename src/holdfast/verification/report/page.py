"""Write results as one self-contained HTML page that a reviewer can file."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from holdfast.verification.comparison import Comparison
from holdfast.verification.controls import CONTROLS, GROUPS
from holdfast.verification.report import previous
from holdfast.verification.results import STATES, Results, words
from holdfast.verification.table import counted

TEMPLATE = "page.html.j2"
MARKS = {"passed": "✓", "failed": "✗", "not_checked": "?", "not_applicable": "\N{EN DASH}"}


def write(results: Results, path: Path, changes: Comparison | None = None) -> None:
    """Write the page to a file; with a comparison, it has what changed."""
    path.write_text(page(results, changes), encoding="utf-8")


def page(results: Results, changes: Comparison | None = None) -> str:
    """Return the page: subjects, failures, and every control with its reason and result."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        results=results,
        changes=changes,
        changed={(one.host, one.what) for one in changes.controls} if changes else set(),
        choices=_choices(results, changes),
        numbers={one.host: number for number, one in enumerate(results.subjects, 1)},
        data=previous.as_text(results),
        marks=MARKS,
        controls=CONTROLS,
        words=words,
        counted=counted,
        titles={group: title for group, (title, _) in GROUPS.items()},
    )


def _choices(results: Results, changes: Comparison | None) -> list[tuple[str, str, int]]:
    """Return name, label and number of controls of each choice that the page offers."""
    total = results.total
    changed = [("changed", "Changed", len(changes.controls))] if changes else []
    return [
        ("all", "All", len(results.outcomes)),
        *changed,
        ("open", "Failed or not checked", total.failed + total.not_checked),
        *((one, words(one).capitalize(), int(getattr(total, one))) for one in STATES),
    ]
