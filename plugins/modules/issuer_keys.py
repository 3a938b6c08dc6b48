"""Document the look at issuers' keys: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: issuer_keys
short_description: Fetch and pin the keys of token issuers
description:
  - Fetches the keys of each issuer that hosts with C(registry_auth_mode) V(external_token) trust.
    No host is contacted.
  - Compares them with the pinned ones, or pins them.
  - Run it once for all hosts, with C(run_once).
version_added: 0.1.0
options:
  refresh:
    description: Pins the keys that the issuers have now.
    type: bool
    default: false
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_controller
"""

EXAMPLES = r"""
- name: Pin the issuer's new keys
  holdfast.registry.issuer_keys:
    refresh: true
  run_once: true
"""

RETURN = r"""
msg:
  description:
    - One line for each thing that was found or done, as the command C(holdfast) prints it.
  returned: always
  type: str
changes:
  description: Changes, or planned changes in check mode; one entry each, with its phase.
  returned: always
  type: list
  elements: str
  sample: ["activate: 7 -> 8, drained in 0.2 s"]
well:
  description:
    - V(true) if no problem was found. The task fails if not, unless the command C(holdfast)
      runs it.
  returned: success
  type: bool
"""
