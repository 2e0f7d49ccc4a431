"""The same question asked in every way there is."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from parity.odd_tables import make_odd_firm

from api.app import create_app
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.training.tracking.frame import score_frame

MOMENT = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def odd():
    """A firm whose tables are full of odd cells, as a warehouse holds them."""
    return make_odd_firm()


@pytest.fixture(scope="module")
def client(models):
    """A server of the module's bundles."""
    with TestClient(create_app(models), raise_server_exceptions=False) as client:
        yield client
        client.app.state.service.store.close()


@pytest.fixture(scope="module")
def ask(scorer, client):
    """The answer about attributes, which is the same from a table, MLflow's table, HTTP, and a CRM's record over HTTP."""

    def ask(attributes):
        answer = scorer.score_lead(Lead("A", MOMENT, attributes))
        table = pd.DataFrame({"lead_id": ["A"]} | {name: pd.Series([value], dtype=object) for name, value in attributes.items()})
        answers, _ = score_leads(scorer, table, None, now=pd.Timestamp(MOMENT))
        frame = score_frame(scorer, table, now=MOMENT)
        sent = {name: list(value) if isinstance(value, (np.ndarray, tuple)) else value for name, value in attributes.items()}
        posted = client.post("/v1/score", json={"lead_id": "A", "as_of": MOMENT.isoformat(), "attributes": sent}).json()
        record = client.post("/v1/score?crm=salesforce", json={"Id": "A", "as_of": MOMENT.isoformat()} | sent).json()
        assert {answers["probability"][0], frame["probability"][0], posted["probability"], record["probability"]} == {
            answer.probability
        }
        if answer.points is not None:
            assert {answers["points"][0], frame["points"][0], posted["points"]["total"], record["points"]["total"]} == {
                answer.points.total
            }
        return answer

    return ask
