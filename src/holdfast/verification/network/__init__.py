"""Reach a registry over the network, as its clients and its attackers do."""
