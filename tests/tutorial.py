"""Read the commands of the tutorial, docs/tutorial.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^>]+) -->\n\n)?```sh\n(?P<text>.*?)^```$", re.M | re.S
)


def blocks() -> list[tuple[str, str]]:
    """Return each block of commands, with the reason why it is not run; most have none."""
    return [(one["text"], one["why"] or "") for one in BLOCK.finditer(PAGE.read_text())]
