"""What sales writes of a lead, in the languages that firms write in; and values that only look like it."""

import numpy as np
import pandas as pd
import pytest

from predictor.audit.columns import audit_columns

N = 1000


def audit(values):
    draw = np.random.default_rng(0)
    outcome = (draw.random(N) < 0.2).astype(float)
    found = audit_columns(pd.DataFrame({"field": draw.choice(values, N)}), outcome)
    return [finding for finding in found if finding.code == "AUDIT012"]


@pytest.mark.parametrize(
    "values",
    [
        ["Ringing", "Closed won", "Email", "Other"],
        ["Termin vereinbart", "Nicht erreicht", "Messe"],
        ["Injoignable", "RDV pris", "Salon"],
        ["No contesta", "Propuesta enviada", "Web"],
        ["Não atende", "Proposta enviada", "Site"],
        ["Non risponde", "Trattativa in corso", "Fiera"],
        ["Niet bereikt", "Offerte verstuurd", "Beurs"],
        ["Nie odbiera", "Oferta wysłana", "Targi"],
        ["Svarar inte", "Möte bokat", "Mässa"],
    ],
)
def test_words_of_sales(values):
    (found,) = audit(values)
    assert found.severity == "warning"
    assert "in 2 values of " in found.what
    assert f"'{values[0].casefold()}'" in found.what or f"'{values[1].casefold()[:9]}" in found.what


@pytest.mark.parametrize(
    "values",
    [
        ["Contact us form", "Webinar", "Newsletter"],
        ["Wonderland fair", "Closet catalogue", "Lostwithiel"],
        ["Angebotsformular", "Kontaktformular", "Messe"],
        ["Perth", "Persia", "Vintage"],
        ["Called", "Webinar", "Fair"],
    ],
)
def test_other_values_and_a_single_word(values):
    assert audit(values) == []
