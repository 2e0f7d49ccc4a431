"""A CRM's export under our names: its fields, stages and activities. Start in `export.py`.

Each CRM is a data file in `maps` (records and their fields) and one in `exports` (files and their columns). May import
`core`, `read` and the modules of `data` beside this folder.
"""
