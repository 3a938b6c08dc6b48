"""Make the inventory of a new registry from a few answers."""

from holdfast.starting.answers import TLS, Answers
from holdfast.starting.inventory import files, variables
from holdfast.starting.vault import encrypted, password_of

__all__ = ["TLS", "Answers", "encrypted", "files", "password_of", "variables"]
