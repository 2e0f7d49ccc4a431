"""The command line: one file a command, a skin over the library. Start in `app.py`."""
