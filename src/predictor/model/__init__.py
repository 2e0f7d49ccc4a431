"""Learning and judging, on frames and arrays: no path, clock, environment or plot.

May import `features` and the rooms below. Start in `judge.py` (the forward test); `candidates` holds the ways to learn,
`calibrators` the ways from a score to a probability, `threshold` the recommendation, `metrics` the figures.
"""
