"""Learning and judging, on frames and arrays: no path, clock, environment or plot."""
