"""The command line: a skin over the library, with texts for people and JSON for machines.

Each command imports what it needs when it runs, so that help comes at once and a serving process stays small.
"""

from __future__ import annotations

import typer

from predictor.cli_data import check, simulate
from predictor.cli_init import init
from predictor.cli_keys import app as keys_app
from predictor.cli_models import app as models_app
from predictor.cli_score import compare, score, threshold
from predictor.cli_serve import monitor, serve
from predictor.cli_store import app as store_app
from predictor.cli_train import train

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The probability that a marketing qualified lead becomes a sales qualified lead, learned from your own history.",
)
for command in (simulate, init, check, train, score, compare, threshold, serve, monitor):
    app.command()(command)
app.add_typer(models_app, name="models")
app.add_typer(keys_app, name="keys")
app.add_typer(store_app, name="store")

if __name__ == "__main__":
    app()
