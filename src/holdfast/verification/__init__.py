"""Verify deployed hosts against their settings: the suite, its targets and its results."""

from holdfast.verification.results import Counts, Outcome, Results
from holdfast.verification.runner import run
from holdfast.verification.target import Connection, Login, Target

__all__ = ["Connection", "Counts", "Login", "Outcome", "Results", "Target", "run"]
