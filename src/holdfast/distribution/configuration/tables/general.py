"""Version, logs, catalogue, validation, and keys that 3.0 removed."""

from holdfast.distribution.configuration.key import (
    ANY,
    NUMBER,
    SWITCH,
    TEXT,
    TEXTS,
    Key,
    Kind,
    one_of,
)

LEVEL = one_of("error", "warn", "info", "debug", any_case=True)
VERSION = Kind("0.1", lambda value: str(value) == "0.1")

GENERAL = (
    Key("version", VERSION),
    Key("loglevel", LEVEL, instead="log.level"),
    # Logs
    Key("log.level", LEVEL),
    Key("log.formatter", one_of("text", "json", "logstash")),
    Key("log.accesslog.disabled", SWITCH),
    Key("log.reportcaller", SWITCH, since="3.0"),
    Key("log.fields.*", ANY),
    Key("log.hooks[].type", one_of("mail")),
    Key("log.hooks[].disabled", SWITCH),
    Key("log.hooks[].levels", TEXTS),
    Key("log.hooks[].options.smtp.addr", TEXT),
    Key("log.hooks[].options.smtp.username", TEXT),
    Key("log.hooks[].options.smtp.password", TEXT, secret=True),
    Key("log.hooks[].options.smtp.insecure", SWITCH),
    Key("log.hooks[].options.from", TEXT),
    Key("log.hooks[].options.to", TEXTS),
    # Lists
    Key("catalog.maxentries", NUMBER),
    Key("tags.maxtags", NUMBER, since="3.1"),
    # What may be pushed
    Key("validation.enabled", SWITCH),
    Key("validation.disabled", SWITCH),
    Key("validation.manifests.urls.allow", TEXTS),
    Key("validation.manifests.urls.deny", TEXTS),
    Key(
        "validation.manifests.indexes.platforms",
        one_of("all", "none", "list", any_case=True),
        since="3.0",
    ),
    Key("validation.manifests.indexes.platformlist[].architecture", TEXT, since="3.0"),
    Key("validation.manifests.indexes.platformlist[].os", TEXT, since="3.0"),
    Key("policy.repository.classes", TEXTS),
    # Gone
    Key("compatibility.schema1.enabled", SWITCH, until="3.0"),
    Key("compatibility.schema1.signingkeyfile", TEXT, until="3.0"),
    Key("reporting.bugsnag.apikey", TEXT, until="3.0", secret=True),
    Key("reporting.bugsnag.releasestage", TEXT, until="3.0"),
    Key("reporting.bugsnag.endpoint", TEXT, until="3.0"),
    Key("reporting.newrelic.licensekey", TEXT, until="3.0", secret=True),
    Key("reporting.newrelic.name", TEXT, until="3.0"),
    Key("reporting.newrelic.verbose", SWITCH, until="3.0"),
)
