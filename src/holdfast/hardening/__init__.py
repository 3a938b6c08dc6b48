"""Hardening controls of the host: their reasons, and the files that they write."""

from holdfast.hardening.catalogue import CONTROLS, control, in_force
from holdfast.hardening.control import Control

__all__ = ["CONTROLS", "Control", "control", "in_force"]
