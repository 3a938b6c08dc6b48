"""Diagnose problems in plain words, with the remedy."""

from holdfast.doctor.finding import Finding
from holdfast.doctor.token import Examined, examine
from holdfast.doctor.token_policy import TokenPolicy

__all__ = ["Examined", "Finding", "TokenPolicy", "examine"]
