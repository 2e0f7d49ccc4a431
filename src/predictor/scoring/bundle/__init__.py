"""A trained model in a folder: its files and manifest, and the champion and challenger among the bundles of a folder."""
