"""The checks of the audit, one a file: `check_<name>` of `<name>.py` takes a `View` and yields findings."""
