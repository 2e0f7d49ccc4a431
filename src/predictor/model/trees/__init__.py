"""LightGBM's text format: read and merged, and the same trees evaluated for one lead at a time, with exact SHAP parts."""
