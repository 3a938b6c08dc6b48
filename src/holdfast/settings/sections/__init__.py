"""The sections of the settings: `registry_NAME_*` is NAME.py or the folder NAME.

There is one frozen model for each section, or one for each mode of it. The inventory variable of
`Proxy.port` is `registry_proxy_port`. A field's docstring is its description in docs/settings.md.
"""
