"""The command line: a thin layer over the library, with texts for people and JSON for machines.

Each command imports what it needs when it runs, so that help appears at once and a server stays small.
"""

from __future__ import annotations

import typer

from predictor.cli.data import check, simulate
from predictor.cli.export import app as export_app
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
_FULL, _SERVE = (f"Commands that need lead-conversion-predictor\\[{extra}]" for extra in ("full", "serve"))  # [ would be a style
for command in (simulate, init, check, train, retrain, reproduce, score, rescore, compare):
    app.command(rich_help_panel=_FULL)(command)
for of_server in (threshold, serve, monitor):
    app.command(rich_help_panel=_SERVE)(of_server)
app.add_typer(export_app, name="export", rich_help_panel=_FULL)
for name, group in {"models": models_app, "keys": keys_app, "store": store_app}.items():
    app.add_typer(group, name=name, rich_help_panel=_SERVE)

if __name__ == "__main__":
    app()
