"""Figures of merit, their intervals, and the test of calibration; arrays in, numbers out."""
