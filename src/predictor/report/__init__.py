"""The report: one page for people and one card for the bundle, from what training found."""
