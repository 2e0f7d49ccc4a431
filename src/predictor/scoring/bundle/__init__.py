"""A trained model in a folder: its files and manifest, and which bundle of a folder is champion or challenger."""
