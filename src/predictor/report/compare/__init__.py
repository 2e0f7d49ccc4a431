"""The tables of the report: candidates side by side, what points mean, and points against the learned score."""
