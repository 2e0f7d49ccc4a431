"""The plots of a training and of the comparison: each draws one table. Public as `predictor.plots`."""
