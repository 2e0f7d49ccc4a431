"""Scoring the open leads of the store again, by the champion of today."""
