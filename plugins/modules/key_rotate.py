"""Document the rotation of signing keys: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: key_rotate
short_description: Replace the key that signs tokens
description:
  - Activates the serving generation again with other keys, on a host with C(registry_auth_mode)
    V(token).
version_added: 0.1.0
options:
  change:
    description:
      - V(rotate) makes a new key and trusts the old one until its tokens have ended; V(finish)
        drops the old one; V(revoke) drops it at once and ends every login.
    type: str
    choices: [rotate, finish, revoke]
    required: true
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Sign with a new key
  holdfast.registry.key_rotate:
    change: rotate
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
generation:
  description: Number of the generation that serves.
  returned: outside check mode
  type: int
life:
  description: Seconds for which tokens of the old key stay good.
  returned: outside check mode
  type: int
"""
