"""One finding of a diagnosis."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """Result of one check, with the next step."""

    about: str
    """Subject of the check, in one word: `key`, `clock`, `registry`."""
    state: State
    text: str
    todo: str = ""
    """Next step; "" if there is none."""

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain values."""
        return asdict(self)
