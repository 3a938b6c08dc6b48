"""Results as one page that a reviewer can file: nothing of it lies elsewhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import holdfast
from holdfast.verification.controls import CONTROLS, GROUPS
from holdfast.verification.results import Results

TEMPLATE = "page.html.j2"


def write(results: Results, path: Path) -> None:
    """Write the page."""
    path.write_text(page(results), encoding="utf-8")


def page(results: Results) -> str:
    """Return the page: what was looked at, what failed, and every control with its reason."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        results=results,
        version=holdfast.__version__,
        controls=CONTROLS,
        titles={group: title for group, (title, _) in GROUPS.items()},
    )
