"""The storage drivers with all their parameters."""

from holdfast.distribution.configuration.key import (
    EMPTY,
    LOOSE_NUMBER,
    LOOSE_SWITCH,
    LOOSE_TEXT,
    MAPPING,
    NUMBER,
    PERIOD,
    SWITCH,
    TEXT,
    TEXTS,
    Key,
    one_of,
)

FILESYSTEM = (
    Key("storage.filesystem.rootdirectory", LOOSE_TEXT),
    Key("storage.filesystem.maxthreads", LOOSE_NUMBER),
)

INMEMORY = (Key("storage.inmemory", EMPTY),)

S3_ACL = one_of(
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
)
S3_CLASSES = ("none", "standard", "reduced_redundancy")
S3_CLASSES_3 = (
    *S3_CLASSES,
    *("standard_ia", "onezone_ia", "intelligent_tiering", "outposts"),
    *("glacier_ir", "express_onezone"),
)
S3_LOGS = one_of(
    *("off", "debug", "debugwithsigning", "debugwithhttpbody", "debugwithrequestretries"),
    *("debugwithrequesterrors", "debugwitheventstreambody"),
    any_case=True,
)


def _s3(name: str) -> tuple[Key, ...]:
    """Return the keys of the S3 driver, which has two names."""
    at = f"storage.{name}."
    return (
        Key(at + "accesskey", LOOSE_TEXT, secret=True),
        Key(at + "secretkey", LOOSE_TEXT, secret=True),
        Key(at + "region", LOOSE_TEXT),
        Key(at + "regionendpoint", LOOSE_TEXT),
        Key(at + "bucket", LOOSE_TEXT),
        Key(at + "rootdirectory", LOOSE_TEXT),
        # 2.8 takes path style whenever regionendpoint is given.
        Key(at + "forcepathstyle", LOOSE_SWITCH, since="3.0"),
        Key(at + "accelerate", LOOSE_SWITCH, since="3.0"),
        Key(at + "usedualstack", LOOSE_SWITCH, since="3.0"),
        Key(at + "usefipsendpoint", LOOSE_SWITCH, since="3.1"),
        Key(at + "encrypt", LOOSE_SWITCH),
        Key(at + "keyid", LOOSE_TEXT),
        Key(at + "secure", LOOSE_SWITCH),
        Key(at + "skipverify", LOOSE_SWITCH),
        Key(at + "v4auth", LOOSE_SWITCH),
        Key(at + "chunksize", LOOSE_NUMBER),
        Key(at + "multipartcopychunksize", LOOSE_NUMBER),
        Key(at + "multipartcopymaxconcurrency", LOOSE_NUMBER),
        Key(at + "multipartcopythresholdsize", LOOSE_NUMBER),
        Key(at + "storageclass", one_of(*S3_CLASSES, any_case=True), until="3.0"),
        Key(at + "storageclass", one_of(*S3_CLASSES_3, any_case=True), since="3.0"),
        Key(at + "objectacl", S3_ACL),
        # 2.8 overwrites it with a name of its own.
        Key(at + "useragent", LOOSE_TEXT, since="3.0"),
        Key(at + "loglevel", S3_LOGS, since="3.0"),
    )


GCS = (
    Key("storage.gcs.bucket", LOOSE_TEXT),
    Key("storage.gcs.keyfile", LOOSE_TEXT),
    Key("storage.gcs.credentials", MAPPING, secret=True),
    Key("storage.gcs.rootdirectory", LOOSE_TEXT),
    Key("storage.gcs.chunksize", LOOSE_NUMBER),
    Key("storage.gcs.maxconcurrency", LOOSE_NUMBER),
    Key("storage.gcs.useragent", TEXT, since="3.0"),
)

AZURE = (
    Key("storage.azure.accountname", TEXT),
    Key("storage.azure.accountkey", TEXT, secret=True),
    Key("storage.azure.container", TEXT),
    Key("storage.azure.realm", TEXT),
    Key("storage.azure.connectionstring", TEXT, since="3.0", secret=True),
    Key("storage.azure.serviceurl", TEXT, since="3.0"),
    Key("storage.azure.rootdirectory", TEXT, since="3.0"),
    Key(
        "storage.azure.credentials.type",
        one_of("client_secret", "shared_key", "default_credentials"),
        since="3.0",
    ),
    Key("storage.azure.credentials.clientid", TEXT, since="3.0"),
    Key("storage.azure.credentials.tenantid", TEXT, since="3.0"),
    Key("storage.azure.credentials.secret", TEXT, since="3.0", secret=True),
    Key("storage.azure.max_retries", NUMBER, since="3.0"),
    Key("storage.azure.retry_delay", PERIOD, since="3.0"),
    Key("storage.azure.skipverify", SWITCH, since="3.0"),
)

OSS = (
    Key("storage.oss.accesskeyid", LOOSE_TEXT, until="3.0", secret=True),
    Key("storage.oss.accesskeysecret", LOOSE_TEXT, until="3.0", secret=True),
    Key("storage.oss.region", LOOSE_TEXT, until="3.0"),
    Key("storage.oss.bucket", LOOSE_TEXT, until="3.0"),
    Key("storage.oss.endpoint", LOOSE_TEXT, until="3.0"),
    Key("storage.oss.internal", SWITCH, until="3.0"),
    Key("storage.oss.encrypt", SWITCH, until="3.0"),
    Key("storage.oss.secure", SWITCH, until="3.0"),
    Key("storage.oss.chunksize", LOOSE_NUMBER, until="3.0"),
    Key("storage.oss.rootdirectory", LOOSE_TEXT, until="3.0"),
)

SWIFT = (
    Key("storage.swift.authurl", TEXT, until="3.0"),
    Key("storage.swift.username", TEXT, until="3.0"),
    Key("storage.swift.password", TEXT, until="3.0", secret=True),
    Key("storage.swift.container", TEXT, until="3.0"),
    Key("storage.swift.region", TEXT, until="3.0"),
    Key("storage.swift.tenant", LOOSE_TEXT, until="3.0"),
    Key("storage.swift.tenantid", LOOSE_TEXT, until="3.0"),
    Key("storage.swift.tenantdomain", TEXT, until="3.0"),
    Key("storage.swift.tenantdomainid", TEXT, until="3.0"),
    Key("storage.swift.domain", TEXT, until="3.0"),
    Key("storage.swift.domainid", TEXT, until="3.0"),
    Key("storage.swift.trustid", TEXT, until="3.0"),
    Key("storage.swift.authversion", NUMBER, until="3.0"),
    Key("storage.swift.endpointtype", TEXT, until="3.0"),
    Key("storage.swift.insecureskipverify", SWITCH, until="3.0"),
    Key("storage.swift.chunksize", NUMBER, until="3.0"),
    Key("storage.swift.prefix", TEXT, until="3.0"),
    Key("storage.swift.secretkey", TEXT, until="3.0", secret=True),
    Key("storage.swift.accesskey", TEXT, until="3.0", secret=True),
    Key("storage.swift.tempurlcontainerkey", SWITCH, until="3.0"),
    Key("storage.swift.tempurlmethods", TEXTS, until="3.0"),
)

DRIVERS = (
    *FILESYSTEM,
    *INMEMORY,
    *_s3("s3"),
    *_s3("s3aws"),
    *GCS,
    *AZURE,
    *OSS,
    *SWIFT,
)
