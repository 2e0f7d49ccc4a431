"""Candidates and calibrators as SQL give what they give in Python, missing values and the ends of the scores included."""

import duckdb
import numpy as np
import pytest

from predictor.core.errors import BundleError
from predictor.model.calibrators.beta import fit_beta
from predictor.model.calibrators.identity import Identity
from predictor.model.calibrators.isotonic import fit_isotonic
from predictor.model.calibrators.level_shift import LevelShift
from predictor.model.calibrators.sigmoid import Sigmoid, fit_newest_sigmoid
from predictor.model.calibrators.venn_abers import fit_venn_abers
from predictor.model.candidates.baselines import Constant, Points
from predictor.model.candidates.blend import Blend
from predictor.model.candidates.learned_points import LearnedPoints
from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.candidates.lightgbm_on_points import LightGBMOnPoints
from predictor.model.candidates.logistic import Column, Logistic
from predictor.model.candidates.odoo_pls import OdooPls
from predictor.scoring.sql.calibration import CalibrationWriter
from predictor.scoring.sql.dialects import DIALECTS
from predictor.scoring.sql.model_terms import TermWriter

DUCKDB = DIALECTS["duckdb"]
DRAW = np.random.default_rng(5)
# A number with a few giants, a count, a category of four codes; some of each are missing.
MATRIX = np.column_stack([DRAW.lognormal(0, 3, 400), DRAW.poisson(2, 400), DRAW.integers(0, 4, 400)]).astype(float)
MATRIX[DRAW.random(MATRIX.shape) < 0.2] = np.nan
SCORES = np.concatenate([DRAW.normal(0, 2, 600), [-800.0, -40.0, 0.0, 40.0, 800.0]])
OUTCOMES = (DRAW.random(605) < 0.5 + SCORES.clip(-2, 2) / 5).astype(float)


def make_trees():
    import lightgbm as lgb  # noqa: PLC0415  it takes a second to load

    outcome = (np.nan_to_num(MATRIX[:, 0]) > 1) ^ (np.nan_to_num(MATRIX[:, 2]) == 2)
    data = lgb.Dataset(MATRIX, outcome.astype(float), categorical_feature=[2], params={"verbosity": -1, "min_data_in_bin": 1})
    settings = {"objective": "binary", "verbosity": -1, "num_leaves": 12, "min_data_in_leaf": 5, "min_data_per_group": 5}
    return LightGBM(lgb.train(settings, data, 12).model_to_string())


LINE = Logistic(
    columns=(
        Column(0, mean=0.4, spread=1.7),
        Column(0, kind="plain", mean=2.0, spread=3.0, ends=(0.1, 20.0)),
        Column(0, kind="missing"),
        Column(2, 0.0, "equals"),
        Column(2, 3.0, "equals"),
        Column(2, kind="missing"),
    ),
    coefficients=(0.7, -0.3, 0.2, 1.5, -0.6, 0.1),
    intercept=-1.2,
    width=3,
)
POINTS = Points(column=1, width=3, mean=2.0, intercept=-1.0, slope=0.4, missing=-2.0)
LEARNED = LearnedPoints(
    rules=("a", "b"),
    columns=(0, 1),
    points=(3, -2),
    most=(float("inf"), 2.0),
    worth=(0.3, -0.2),
    error=(0.1, 0.1),
    penalty=1.0,
    mean=4.0,
    intercept=-0.5,
    slope=0.2,
    width=3,
)
ODOO = OdooPls((10.1, 30.1), {2: {0: (3.1, 9.1), 1: (5.1, 5.1), 3: (1.1, 9.1)}}, {2: 3}, 3)


def list_models():
    trees = make_trees()
    flat = LightGBM(trees.to_text())
    return [Constant(-1.3, 3), POINTS, LEARNED, ODOO, LINE, trees, LightGBMOnPoints(POINTS, flat), Blend(LINE, flat, 0.25)]


def run(expressions, columns):
    """One expression over the rows of a frame."""
    connection = duckdb.connect()
    names = ", ".join(f'"{name}" DOUBLE' for name in columns)
    connection.execute(f"CREATE TABLE given (place INTEGER, {names})")
    rows = [
        [place, *(None if value != value else value for value in row)]  # noqa: PLR0124  NaN
        for place, row in enumerate(zip(*(column.tolist() for column in columns.values()), strict=True))
    ]
    connection.executemany(f"INSERT INTO given VALUES ({', '.join('?' * (len(columns) + 1))})", rows)  # noqa: S608
    query = f"SELECT {expressions} AS answer FROM given ORDER BY place"  # noqa: S608
    return np.array([row[0] for row in connection.execute(query).fetchall()])


def test_each_candidate_gives_its_score():
    for model in list_models():
        terms = TermWriter(DUCKDB).list_terms(model)
        answers = run(" + ".join(f"({term})" for term in terms), {f"f{place}": MATRIX[:, place] for place in range(3)})
        np.testing.assert_allclose(answers, model.score(MATRIX), rtol=0, atol=1e-12, err_msg=type(model).__name__)


def test_another_model_is_refused_with_what_to_do():
    class Own(Constant):
        """A model of a firm's own."""

    with pytest.raises(BundleError, match=r"class 'Own' cannot be written as SQL.* `predictor score`"):
        TermWriter(DUCKDB).list_terms(Own(0.0, 3))


@pytest.mark.parametrize("shift", [0.0, 0.7])
@pytest.mark.parametrize(
    "base",
    [
        Identity(),
        fit_newest_sigmoid(SCORES[:600], OUTCOMES[:600]),
        Sigmoid(intercept=0.3, slope=1.4, variance=(0.1, 0.1, 0.0), n=10),
        fit_beta(SCORES[:600], OUTCOMES[:600]),
        fit_isotonic(SCORES[:600], OUTCOMES[:600]),
        fit_venn_abers(SCORES[:600], OUTCOMES[:600]),
    ],
    ids=lambda base: base.kind,
)
def test_each_calibrator_gives_its_probability(base, shift):
    calibrator = LevelShift(base, shift, 0.01, 100) if shift else base
    first, second = CalibrationWriter(DUCKDB).list_steps(calibrator, "score", f"({'{between}'})")
    answers = run(second.replace("{between}", first), {"score": SCORES})
    np.testing.assert_allclose(answers, calibrator.predict(SCORES), rtol=0, atol=1e-12)
