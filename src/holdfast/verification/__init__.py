"""The one verification suite: what it is run against, and what comes out of it."""

from holdfast.verification.results import Counts, Outcome, Results
from holdfast.verification.runner import run
from holdfast.verification.target import Connection, Login, Target

__all__ = ["Connection", "Counts", "Login", "Outcome", "Results", "Target", "run"]
