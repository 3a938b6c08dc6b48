"""What a host looks like inside: modules that run on the host, as root, on its own Python.

Standard library only, Python 3.9 or newer. They judge nothing: what should be is known to the suite
alone. `inside` sends them in the order of `MODULES`; each may import those that stand before it.
"""

MODULES = (
    *("reading", "systemd", "processes", "files"),
    *("logs", "packages", "store", "hardening", "gather"),
)
