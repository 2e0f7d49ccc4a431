"""One file a check; each is called `check_<name>` and returns findings."""
