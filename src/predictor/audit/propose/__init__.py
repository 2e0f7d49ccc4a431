"""A first look at a firm's export: what each column is taken for and why, written as settings. Start in `propose.py`."""
