"""`predictor init`: a column of weights gets the role `weight`, and is said; other numbers do not."""

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads
from unit.audit.propose.proposals import propose

from predictor.core.settings import load_settings
from predictor.training.from_tables import load_dataset

N = 200
FEW = np.where(np.arange(N) % 3, 1.0, 8.5)


@pytest.mark.parametrize("name", ["weight", "Sample weight", "sampling_weight", "Gewicht", "Poids", "Expansion factor"])
def test_a_column_of_weights_is_proposed_as_weight_and_said(tmp_path, name):
    proposal = propose(tmp_path, draw_leads(N).assign(**{name: FEW}))
    assert proposal.roles[name].role == "weight"
    (finding,) = (finding for finding in proposal.findings if finding.code == "INIT012")
    assert f"'{name}' is taken as the number of leads" in finding.what
    (tmp_path / "predictor.toml").write_text(proposal.to_toml(), encoding="utf-8")
    settings = load_settings(tmp_path / "predictor.toml")
    assert settings.roles.weight == name
    assert name not in load_dataset(settings).leads.attributes


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("weight", np.arange(N) + 1.5),  # of a parcel
        ("weight", np.where(np.arange(N) % 3, 0.0, 8.0)),
        ("weight", pd.Series(FEW).where(np.arange(N) > 9)),
        ("Weight class", FEW),
        ("weight", np.full(N, 2.0)),
        ("weight", np.where(np.arange(N) % 3, "light", "heavy")),
    ],
)
def test_other_columns_are_no_weights(tmp_path, name, cells):
    proposal = propose(tmp_path, draw_leads(N).assign(**{name: cells}))
    assert proposal.roles[name].role != "weight"
    assert "INIT012" not in {finding.code for finding in proposal.findings}
