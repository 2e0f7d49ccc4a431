"""The versions of the schema, oldest first; each brings a database from the version before it to its own."""
