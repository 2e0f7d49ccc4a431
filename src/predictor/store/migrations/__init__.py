"""The versions of the schema, oldest first. Each migrates a database from the version before it."""
