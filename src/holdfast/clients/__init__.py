"""What a machine needs that pushes to a registry or pulls from it: trust, login, mirrors."""

from holdfast.clients.kinds import KINDS, plan
from holdfast.clients.plan import Access, ClientFile, Plan

__all__ = ["KINDS", "Access", "ClientFile", "Plan", "plan"]
