"""Test hosts: real systemd machines as podman containers, reachable by ssh as root.

Peculiarities of the machine that runs them are detected and handled here, not in the product. Uses
only the standard library.
"""
