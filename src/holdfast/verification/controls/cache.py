"""Controls of the cache; the registry continues silently without it."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "cache.answers",
        "The cache answers, with the registry's login",
        "Without it each lookup of a blob goes to the storage, and registry 3.x deletes"
        " nothing; the registry itself still answers 200.",
        depth="basic",
    ),
    Control(
        "cache.policy",
        "The cache drops what was not used for the longest time when it is full",
        "By Valkey's default a full one refuses every write, for good.",
        "Valkey documentation, key eviction",
    ),
    Control(
        "cache.memory",
        "The cache has the memory limit of the settings",
        "Without one it grows until the host has none left.",
    ),
    Control(
        "cache.acl",
        "The registry's login has only the rights that it needs in the cache",
        "Whoever breaks into the registry gets what its login may do.",
        "Valkey documentation, ACL; CIS Redis 3",
    ),
    Control(
        "cache.closed",
        "The cache is inaccessible to other machines, and without a login",
        "The registry trusts its descriptions of blobs.",
        "Valkey documentation, security",
    ),
)
