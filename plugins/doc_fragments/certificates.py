"""Documentation that the actions which bring a certificate share."""

from __future__ import annotations


class ModuleDocFragment:
    """Requests for a certificate that is not due."""

    DOCUMENTATION = r"""
options:
  renew:
    description: Renews the certificate although it is not due.
    type: bool
    default: false
  new_key:
    description: Makes the new certificate with a new key.
    type: bool
    default: false
  new_authority:
    description:
      - Replaces the private authority that clients trust; each client needs the new C(ca.crt).
    type: bool
    default: false
"""
