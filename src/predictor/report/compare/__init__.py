"""The tables of the report: candidates side by side, what points mean, points against the model."""
