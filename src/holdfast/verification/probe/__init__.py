"""Gather facts on the host: modules that run there as root, with the host's own Python.

They use only the standard library and the host library, and do not evaluate: only the suite knows
the required state. `remote` sends them with all their imports.
"""
