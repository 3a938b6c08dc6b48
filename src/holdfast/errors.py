"""The exception classes, and the exit codes of the command line."""

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
    """An error that a user can resolve: lines with the expected value and the remedy."""

    exit_code = Exit.UNEXPECTED

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines: Sequence[str] = lines


class InputError(HoldfastError):
    """Invalid settings, inventory or arguments. Nothing was changed."""

    exit_code = Exit.INPUT


class RefusedError(HoldfastError):
    """A host or an input file does not meet the requirements. What serves was not changed."""

    exit_code = Exit.REFUSED


@dataclass(frozen=True)
class Complaint:
    """An error in one variable: `variable: expected, given. What to do`."""

    variable: str
    text: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.text}"
