"""The bundled token issuer: Distribution's token protocol with the inventory's access rules.

The same code runs in tests, in a preview, and on hosts as the service `issuer` of a generation.
There it uses the system's Python (3.11 or newer) and Debian packages. So no module here imports
another part of holdfast.
"""
