"""Running Ansible in a process of its own, and reading what it tells."""

from holdfast.playbook.command import Playbook
from holdfast.playbook.run import Outcome, run

__all__ = ["Outcome", "Playbook", "run"]
