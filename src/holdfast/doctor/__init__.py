"""What is wrong, in plain words, and what to do about it."""

from holdfast.doctor.finding import Finding
from holdfast.doctor.token import Examined, examine
from holdfast.doctor.trust import Trust

__all__ = ["Examined", "Finding", "Trust", "examine"]
