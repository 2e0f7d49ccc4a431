"""What became of scored leads: the funnel, promised beside realised, and drift. Start in `monitor.py`."""
