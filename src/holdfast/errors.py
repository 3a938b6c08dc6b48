"""The one exception family, and the exit codes that the command line promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every `holdfast` verb."""

    OK = 0
    UNEXPECTED = 1
    INPUT = 2
    UNREACHABLE = 3
    REFUSED = 4
    FAILED = 5
    VERIFICATION = 6
    INTERRUPTED = 130


class HoldfastError(Exception):
    """Something a user can act on: lines that say what was expected, and what to do next."""

    exit_code = Exit.UNEXPECTED

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines: Sequence[str] = lines


class InputError(HoldfastError):
    """Settings, inventory or arguments that cannot be used. Nothing was touched."""

    exit_code = Exit.INPUT


class RefusedError(HoldfastError):
    """A host or an input file is not fit for the deploy. Nothing was touched."""

    exit_code = Exit.REFUSED


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one variable: `variable: expected, given. What to do`."""

    variable: str
    text: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.text}"
