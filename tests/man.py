"""Find the program that shows manual pages."""

from __future__ import annotations

import shutil


def program() -> str | None:
    """Return the program's path; None if it is not here.

    Small images of Ubuntu have a note in its place, and put the program aside.
    """
    return shutil.which("man.REAL") or shutil.which("man")
