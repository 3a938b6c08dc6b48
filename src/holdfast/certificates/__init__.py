"""Certificates on the controller: a private authority, or checks of a given certificate."""

from holdfast.certificates.authority import Authority, Pair
from holdfast.certificates.clients import Clients, probe_pair
from holdfast.certificates.folder import Folder
from holdfast.certificates.provided import provided_errors
from holdfast.certificates.source import Occasion, Wanted, ca_file, ca_text, wanted

__all__ = [
    "Authority",
    "Clients",
    "Folder",
    "Occasion",
    "Pair",
    "Wanted",
    "ca_file",
    "ca_text",
    "probe_pair",
    "provided_errors",
    "wanted",
]
