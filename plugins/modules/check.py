"""Document the check of settings: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: check
short_description: Check the settings of all hosts of the play
description:
  - Parses the settings of every host of the play and lists everything that is wrong with them.
    No host is contacted.
  - Run it once for all hosts, with C(run_once).
version_added: 0.1.0
options:
  hand_over:
    description: File for the resolved settings, secrets included; for the command C(holdfast).
    type: path
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_controller
"""

EXAMPLES = r"""
- name: Check the settings of every host
  holdfast.registry.check:
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
hosts:
  description: Hosts whose settings are good.
  returned: success
  type: list
  elements: str
"""
