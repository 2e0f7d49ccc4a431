"""The HTML page: charts, sections, sliders; one file that opens from a mail and loads nothing."""
