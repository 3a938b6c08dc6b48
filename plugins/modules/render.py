"""Document the rendering of configurations: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: render
short_description: Render the configuration of all hosts of the play into a folder
description:
  - Writes every file that a deploy would put on each host, whole or not at all. No host is
    contacted.
  - Run it once for all hosts, with C(run_once).
version_added: 0.1.0
options:
  directory:
    description: Folder on the controller; one folder a host is made in it.
    type: path
    required: true
  secrets:
    description: Writes secrets, too; they are masked otherwise.
    type: bool
    default: false
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_controller
"""

EXAMPLES = r"""
- name: Render the configuration of every host
  holdfast.registry.render:
    directory: rendered
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
files:
  description: Number of files.
  returned: success
  type: int
"""
