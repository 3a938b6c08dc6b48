"""Document the last task of a deploy: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: activate
short_description: Stage a generation and activate it
description:
  - Stages the files, starts the new registry beside the old one, tests it, flips to it and
    drains the old one.
  - The old generation goes on serving if a step fails.
  - Called by the role C(holdfast.registry.registry), after packages and binary are there.
version_added: 0.1.0
options:
  certificates:
    description: Certificates that the host has, as M(holdfast.registry.deploy) returned them.
    type: dict
  binary:
    description: V(true) if the registry's binary has just been replaced.
    type: bool
    default: false
  reason:
    description: Reason for the deploy, one line, which M(holdfast.registry.generations) returns.
    type: str
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment:
  - holdfast.registry.on_hosts
  - holdfast.registry.certificates
"""

EXAMPLES = r"""
- name: Activate the new generation
  holdfast.registry.activate:
    certificates: "{{ __registry_deploy.certificates }}"
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
  returned: success
  type: int
"""
