"""Make pages of the site from files outside docs/, and lead links to them."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = {"CHANGELOG.md": "changes.md", "CONTRIBUTING.md": "contributing.md"}
EXAMPLES = "examples.md"
LINK = re.compile(r"\[([^]]*)\]\(\.\./([^)#]*)(#[^)]*)?\)")
FROM_ROOT = re.compile(r"\]\(docs/")
INTRO = """# Example inventories

These are the folders of `inventory/` in a clone. Copy one, or begin with `holdfast init` ([a new
inventory](starting.md)).
"""


def pages(root: Path) -> dict[str, str]:
    """Return the text of each page that is made from files outside docs/, by its name."""
    made = {
        name: FROM_ROOT.sub("](", (root / source).read_text()) for source, name in PAGES.items()
    }
    return {**made, EXAMPLES: _examples(root / "inventory")}


def link(text: str) -> str:
    """Lead the links of a page that leave docs/ to pages of the site, or keep only their text."""
    return LINK.sub(lambda found: _linked(*found.groups(default="")), text)


def _linked(text: str, target: str, anchor: str) -> str:
    if target in PAGES:
        return f"[{text}]({PAGES[target]}{anchor})"
    folder = target.removeprefix("inventory/")
    if folder != target:
        return f"[{text}]({EXAMPLES}#{folder.partition('/')[0]})"
    return text


def _examples(inventories: Path) -> str:
    parts = [INTRO]
    for folder in sorted(one for one in inventories.iterdir() if one.is_dir()):
        parts.append(f"\n## {folder.name}\n")
        files = sorted(one for one in folder.rglob("*.yml") if one.is_file())
        parts += [
            f"\n`{one.relative_to(folder)}`:\n\n```yaml\n{one.read_text().strip()}\n```\n"
            for one in files
        ]
    return "".join(parts)
