"""Seniority and function from a job title: by word lists, the same for a table and for one lead."""

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads, make_firm

from predictor.core.settings import load_settings
from predictor.data.job_titles import read_title
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained, train

NOW = pd.Timestamp("2026-03-31T12:00", tz="UTC")
TITLES = ["Chief Marketing Officer", "VP of Sales", "IT-Leiter", "Junior Developer", "Wizard", None]


@pytest.mark.parametrize(
    ("title", "seniority", "function"),
    [
        ("Chief Marketing Officer", "c_level", "marketing"),
        ("Vice President, Finance", "vp", "finance"),
        ("President", "c_level", "general_management"),
        ("Executive Assistant to the CEO", "entry", "general_management"),
        ("Co-Founder & CTO", "owner", "engineering"),
        ("Senior Software Engineer", "senior", "engineering"),
        ("Head of HR", "director", "human_resources"),
        ("IT-Leiter", "director", "it"),
        ("Geschäftsführerin", "c_level", "general_management"),
        ("Directrice Générale des Ventes", "director", "sales"),
        ("Split Runner", None, None),
    ],
)
def test_words_of_a_title(title, seniority, function):
    assert (read_title(title, "seniority"), read_title(title, "function")) == (seniority, function)


def test_a_table_and_one_lead_get_the_same_from_a_title(tmp_path):
    leads = draw_leads()
    software = leads["industry"] == "Software"
    leads = leads.assign(title=np.where(software, "VP of Sales", np.resize(TITLES, len(leads)))).drop(columns="industry")
    settings = load_settings(make_firm(tmp_path, leads, model={"candidates": ["constant", "logistic"]}))
    scorer = Scorer.load(save_trained(train(settings), tmp_path / "models", now=NOW.to_pydatetime()).folder)
    assert {"title_seniority", "title_function"} <= set(scorer.features.names)
    some = leads.head(40)
    table, _ = score_leads(scorer, some, None, now=NOW, reasons=0)
    for row, answer in zip(some.to_dict("records"), table.itertuples(), strict=True):
        attributes = {name: row[name] for name in ("title", "employees", "score") if isinstance(row[name], (str, int, float))}
        single = scorer.score_lead(Lead(row["lead_id"], pd.Timestamp(row["mql_at"]).to_pydatetime(), attributes), reasons=0)
        assert single.probability == answer.probability
