"""Storage without the drivers' own parameters, and middleware between storage and clients."""

from holdfast.distribution.configuration.key import (
    LOOSE_NUMBER,
    NUMBER,
    PERIOD,
    SWITCH,
    TEXT,
    Key,
    one_of,
)

STORAGE = (
    Key("storage.delete.enabled", SWITCH),
    Key("storage.redirect.disable", SWITCH),
    Key("storage.tag.concurrencylimit", NUMBER, since="3.0"),
    Key("storage.cache.blobdescriptor", one_of("inmemory", "redis", "")),
    Key(
        "storage.cache.layerinfo",
        one_of("inmemory", "redis", ""),
        instead="storage.cache.blobdescriptor",
    ),
    Key("storage.cache.blobdescriptorsize", LOOSE_NUMBER, since="3.0"),
    Key("storage.maintenance.uploadpurging.enabled", SWITCH),
    Key("storage.maintenance.uploadpurging.age", PERIOD),
    Key("storage.maintenance.uploadpurging.interval", PERIOD),
    Key("storage.maintenance.uploadpurging.dryrun", SWITCH),
    Key("storage.maintenance.readonly.enabled", SWITCH),
    # Middleware: a binary has these for storage, and none for registries and repositories.
    Key("middleware.storage[].name", one_of("cloudfront", "redirect"), until="3.0"),
    Key("middleware.storage[].name", one_of("cloudfront", "redirect", "rewrite"), since="3.0"),
    Key("middleware.storage[].disabled", SWITCH),
    Key("middleware.storage[].options.baseurl", TEXT),
    Key("middleware.storage[].options.privatekey", TEXT),
    Key("middleware.storage[].options.keypairid", TEXT),
    Key("middleware.storage[].options.duration", PERIOD),
    Key(
        "middleware.storage[].options.ipfilteredby",
        one_of("none", "aws", "awsregion", any_case=True),
    ),
    Key("middleware.storage[].options.awsregion", TEXT),
    Key("middleware.storage[].options.iprangesurl", TEXT),
    # 2.8 knows the misspelt name alone, and takes it for `duration`.
    Key(
        "middleware.storage[].options.updatefrenquency",
        PERIOD,
        instead="middleware.storage[].options.updatefrequency",
    ),
    Key("middleware.storage[].options.updatefrequency", PERIOD, since="3.0"),
    Key("middleware.storage[].options.scheme", TEXT, since="3.0"),
    Key("middleware.storage[].options.host", TEXT, since="3.0"),
    Key("middleware.storage[].options.trimpathprefix", TEXT, since="3.0"),
)
