"""Document the lock against deploys: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lock
short_description: Close a host to deploys, or open it again
description:
  - Notes who closed the host and for which reason. Deploys, rollbacks, restarts, key rotations and
    moves of images are refused then, unless C(holdfast_despite_lock) is true.
  - Jobs of the host, such as renewals of certificates, are not affected.
version_added: 0.1.0
options:
  reason:
    description: Reason, one line, which is shown to everybody who is refused.
    type: str
  unlock:
    description: Opens the host again.
    type: bool
    default: false
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Close the host to deploys
  holdfast.registry.lock:
    reason: migration of the storage until Monday
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
locked:
  description: C(by), C(reason) and C(time) of the lock; null if there is none.
  returned: success
  type: dict
"""
