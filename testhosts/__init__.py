"""Test hosts: real systemd machines as podman containers, reachable by ssh as root.

Everything that is odd about the machine they run on is found out and dealt with here; the product
never knows of it. Standard library only.
"""
