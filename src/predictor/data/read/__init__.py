"""Files and databases, read as they are: cells stay texts, and an error says why something cannot be read.

Start in `table_files.py` for leads and in `event_sources.py` for events. May import `core`, the contract of events and the
modules of `data` beside this folder, but not `crm`.
"""
