"""Run Ansible as a separate process and read its events."""

from holdfast.playbook.command import Playbook
from holdfast.playbook.run import Outcome, run

__all__ = ["Outcome", "Playbook", "run"]
