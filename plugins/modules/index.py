"""Document the questions to the index: its action plugin does the work."""

from __future__ import annotations

DOCUMENTATION = r"""
module: index
short_description: Search the images of a host
description:
  - Asks the index that a host keeps with C(registry_index_enabled). Changes nothing.
version_added: 0.1.0
options:
  question:
    description:
      - V(catalog) lists repositories, V(search) finds what has all words of a text, and V(inspect)
        describes a repository or an image.
    type: str
    choices: [catalog, search, inspect]
    required: true
  pattern:
    description: Repositories for V(catalog), with C(*) and C(?); all if not given.
    type: str
  text:
    description: Words for V(search).
    type: str
  most:
    description: Most results of each kind for V(search).
    type: int
    default: 20
  repository:
    description: Repository for V(inspect).
    type: str
  tag:
    description: Tag of the repository.
    type: str
  digest:
    description: Digest of a manifest of the repository.
    type: str
author: The holdfast authors (!UNKNOWN)
extends_documentation_fragment: holdfast.registry.on_hosts
"""

EXAMPLES = r"""
- name: Find the images with a word
  holdfast.registry.index:
    question: search
    text: api
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
  sample: []
index:
  description: C(found) is what the index has, C(state) says if it is complete.
  returned: success
  type: dict
"""
