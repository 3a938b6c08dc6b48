"""Document the verification of hosts: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Verify all hosts of the play against their settings
description:
  - Runs the suite of C(holdfast verify) on the controller, and prints the same table.
  - Connects to the hosts by ssh of its own, and to the registries as a client.
  - The task fails if a control fails.
  - Run it once for all hosts, with C(run_once).
version_added: 0.1.0
options:
  profile:
    description: Amount of controls; V(hardening) takes minutes.
    type: str
    choices: [basic, default, hardening]
    default: default
  only:
    description: Groups or controls, instead of all of the profile.
    type: list
    elements: str
    default: []
  intrusive:
    description: Runs also what loads the host, as thousands of clients.
    type: bool
    default: false
  junit:
    description: File on the controller for a JUnit report.
    type: path
  html:
    description: File on the controller for one page for a reviewer.
    type: path
  outside:
    description: Looks from outside only, without ssh.
    type: bool
    default: false
  by_address:
    description: Connects to C(ansible_host), not to what the registry's name resolves to.
    type: bool
    default: false
  user:
    description:
      - User who pushes and pulls.
      - The default is the first user of the settings with a known password, else a temporary one.
    type: str
  password_file:
    description: File on the controller with the password of O(user), if no settings have it.
    type: path
  ca:
    description: Authority to trust, instead of the inventory's.
    type: path
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_controller
"""

EXAMPLES = r"""
- name: Verify every host
  holdfast.registry.verify:
    html: report.html
  run_once: true
"""

RETURN = r"""
msg:
  description: The table that the command C(holdfast verify) prints.
  returned: always
  type: str
counts:
  description: Numbers of controls that passed, failed, could not be checked, and do not apply.
  returned: always
  type: dict
  sample: {passed: 181, failed: 0, not_checked: 2, not_applicable: 14}
"""
