"""Write the generated files: python -m holdfast.schema [--check]"""

from __future__ import annotations

import sys
from pathlib import Path

from holdfast.schema.documents import DOCUMENTS


def main(root: Path, check: bool) -> int:
    """Write the generated files below a checkout. With `check` only list the stale ones."""
    stale = []
    for name, text in DOCUMENTS.items():
        path = root / name
        if not path.exists() or path.read_text() != text():
            stale.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text())
    print("\n".join(f"{'stale' if check else 'written'}: {name}" for name in stale) or "current")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main(Path.cwd(), "--check" in sys.argv))
