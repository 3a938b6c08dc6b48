"""Certificates on the controller: an authority of our own, or checks of one that is given."""

from holdfast.certificates.authority import Authority, Pair
from holdfast.certificates.source import Wanted, ca_file, wanted

__all__ = ["Authority", "Pair", "Wanted", "ca_file", "wanted"]
