"""The cache itself: the registry answers as if nothing were wrong when it is dead."""

from holdfast.verification.controls.control import Control

CONTROLS = (
    Control(
        "cache.answers",
        "The cache answers, with the registry's login",
        "Without it each question about a blob goes to the storage, and registry 3.x deletes"
        " nothing; the registry itself says 200 all the same.",
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
        "The cache has the bound of memory that the settings give",
        "Without one it grows until the host has none left.",
    ),
    Control(
        "cache.acl",
        "The registry's login can do with the cache what it needs, and no more",
        "Whoever breaks into the registry gets what its login may do.",
        "Valkey documentation, ACL; CIS Redis 3",
    ),
    Control(
        "cache.closed",
        "The cache is closed to other machines, and to whoever has no login",
        "What it says of a blob, the registry believes.",
        "Valkey documentation, security",
    ),
)
