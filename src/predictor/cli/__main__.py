"""`python -m predictor.cli` is the command `predictor`."""

from predictor.cli.app import app

app(prog_name="predictor")
