"""Attacks of a service's user on readers with more rights: links, pipes, devices, endless files."""
