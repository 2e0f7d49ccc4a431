"""Reading files and databases as they are: cells stay texts, and what cannot be read says why."""
