"""Write results as one self-contained HTML page that a reviewer can file."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from holdfast.verification.controls import CONTROLS, GROUPS
from holdfast.verification.results import Results, words
from holdfast.verification.table import counted

TEMPLATE = "page.html.j2"


def write(results: Results, path: Path) -> None:
    """Write the page to a file."""
    path.write_text(page(results), encoding="utf-8")


def page(results: Results) -> str:
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
        controls=CONTROLS,
        words=words,
        counted=counted,
        titles={group: title for group, (title, _) in GROUPS.items()},
    )
