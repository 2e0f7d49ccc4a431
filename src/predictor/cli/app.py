"""The command line: a thin layer over the library, with texts for people and JSON for machines.

Each command imports what it needs when it runs, so that help appears at once and a server stays small.
"""

from __future__ import annotations

import typer

from predictor.cli.data import check, simulate
from predictor.cli.init import init
from predictor.cli.keys import app as keys_app
from predictor.cli.models import app as models_app
from predictor.cli.reproduce import reproduce
from predictor.cli.rescore import rescore
from predictor.cli.score import compare, score
from predictor.cli.serve import monitor, serve
from predictor.cli.store import app as store_app
from predictor.cli.threshold import threshold
from predictor.cli.train import retrain, train

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Predict the probability that a marketing qualified lead becomes a sales qualified lead, from your own history.",
)
for command in (simulate, init, check, train, retrain, reproduce, score, rescore, compare, threshold, serve, monitor):
    app.command()(command)
app.add_typer(models_app, name="models")
app.add_typer(keys_app, name="keys")
app.add_typer(store_app, name="store")

if __name__ == "__main__":
    app()
