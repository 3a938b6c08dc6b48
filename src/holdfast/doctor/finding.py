"""One thing that a doctor has to say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """What is the matter with one thing, and the next step."""

    about: str
    """What was looked at, in one word: `key`, `clock`, `registry`."""
    state: State
    text: str
    todo: str = ""
    """What to do; empty when nothing is to be done."""

    def as_dict(self) -> dict[str, str]:
        """Return it for a program."""
        return asdict(self)
