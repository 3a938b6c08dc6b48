"""The bundled issuer of tokens: Distribution's token protocol over the inventory's access rules.

The same code runs in the tests, in a preview, and on hosts, there as the service `issuer` of a
generation with the system's own Python (3.11 or newer) and Debian's packages: nothing in here
imports another part of holdfast.
"""
