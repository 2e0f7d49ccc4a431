"""The HTTP API over a scorer: a thin layer, since the package can do everything here without it.

Start in `app.py` (how an app is put together) and `routes.py` (its paths). `schemas/` holds requests and answers, `serving/` the
model that answers, `http/` keys, limits, errors and metrics, `openapi/` the description. It imports `predictor.scoring`,
`predictor.store` and the rooms below them. Imports inside are relative, because a wheel installs this folder as `predictor.api`.
"""
