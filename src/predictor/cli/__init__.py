"""The command line: a thin layer over the library, with a file for each command or group of commands.

Start in `app.py`. `options.py` has what the commands share, `console.py` what they print. It may import every other room.
"""
