"""Document the jobs: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: jobs
short_description: List the jobs of a host, or run one
description:
  - Returns last run, result, duration and next run of each job. With O(name), runs one and waits
    for its end.
options:
  name:
    description: Name of the job to run, as V(gc); without it, nothing is run.
    type: str
version_added: 0.1.0
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Collect garbage now
  holdfast.registry.jobs:
    name: gc
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
jobs:
  description:
    - The jobs, each with C(name), C(timed), C(running), C(next), C(unit) and C(last), the record of
      its last run.
  returned: success
  type: list
  elements: dict
"""
