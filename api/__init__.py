"""The HTTP skin over a scorer: what a CRM asks, and nothing that the package cannot do without it."""
