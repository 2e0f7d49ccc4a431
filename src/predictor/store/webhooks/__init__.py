"""Webhooks: which leads crossed the threshold, messages that wait for their receivers, and how they are sent."""
