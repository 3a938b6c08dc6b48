"""Document the first task of a deploy: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: deploy
short_description: Compare a host with its settings, and deploy what differs
description:
  - Compares the generation that serves with the settings, in one round trip, and ends there if
    nothing differs.
  - Checks the host for fitness otherwise, and lists every complaint before anything is touched.
  - Deploys at once if the host is alone in the play and lacks neither a package nor the binary;
    the role's later tasks do it otherwise.
  - Use it through the role C(holdfast.registry.registry).
version_added: 0.1.0
options:
  reason:
    description: Reason for the deploy, one line, which M(holdfast.registry.generations) returns.
    type: str
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment:
  - holdfast.registry.on_hosts
  - holdfast.registry.certificates
"""

EXAMPLES = r"""
- name: Deploy the registry
  hosts: registry
  become: true
  roles:
    - holdfast.registry.registry
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
in_sync:
  description: V(true) if nothing is left to do.
  returned: success
  type: bool
generation:
  description: Number of the generation that serves; null on a fresh host in check mode.
  returned: success
  type: int
url:
  description: Address of the registry.
  returned: success
  type: str
"""
