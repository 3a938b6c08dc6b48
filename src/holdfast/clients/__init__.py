"""Configure client machines: trust, login and mirrors."""

from holdfast.clients.kinds import KINDS, plan
from holdfast.clients.plan import Access, ClientFile, Plan

__all__ = ["KINDS", "Access", "ClientFile", "Plan", "plan"]
