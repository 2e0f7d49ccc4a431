"""Settings: complete, frozen, and refused in words where they hold what nobody reads."""

import tomllib
from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from predictor.core.errors import SettingsError
from predictor.core.settings import load_settings, make_settings


def test_defaults_are_complete_and_valid():
    settings = make_settings()
    assert settings.label.horizon_days == "auto"
    assert settings.threshold.band == (0.2, 0.3)
    assert settings.model.candidates == (
        "constant",
        "points",
        "learned_points",
        "odoo_pls",
        "logistic",
        "lightgbm",
        "lightgbm_on_points",
        "blend",
    )


def test_differences_replace_single_settings_of_a_section():
    settings = make_settings({"split": {"test_share": 0.4}, "columns": {"lead_id": "Prospect ID"}})
    assert (settings.split.test_share, settings.split.folds) == (0.4, 4)
    assert settings.columns == {"lead_id": "Prospect ID"}


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        make_settings().split.folds = 3


def test_resolved_settings_read_back_are_the_same():
    settings = make_settings({"label": {"horizon_days": 42}, "points": {"gate": 60}, "columns": {"mql_at": 'Became "MQL"'}})
    assert make_settings(tomllib.loads(settings.to_toml())) == settings


@pytest.mark.parametrize(
    ("written", "text"),
    [(date(2026, 3, 31), "2026-03-31"), (datetime(2026, 3, 31, 14, tzinfo=UTC), "2026-03-31T14:00:00+00:00"), ("", "")],
)
def test_date_may_stand_without_quotes(written, text):
    assert make_settings({"data": {"observed_until": written}}).data.observed_until == text


@pytest.mark.parametrize(
    ("differences", "text"),
    [
        ({"threshold": {"polcy": "band"}}, "Unknown setting 'threshold.polcy'. Did you mean 'threshold.policy'?"),
        ({"treshold": {"policy": "band"}}, "Unknown setting 'treshold'. Did you mean 'threshold'?"),
        ({"leads": "leads.csv"}, "Unknown setting 'leads'. Did you mean 'data.leads'?"),
        ({"model": {"float_x": 1}}, "Unknown setting 'model.float_x'."),
        ({"data": 3}, "'data' must be a section, written [data]."),
        ({"split": {"test_share": 1}}, "Setting 'split.test_share': Input should be less than 1; it is 1."),
        ({"split": {"folds": 1}}, "Setting 'split.folds': Input should be greater than or equal to 2; it is 1."),
        ({"label": {"horizon_days": "soon"}}, "unable to parse string as a number, or Input should be 'auto'; it is 'soon'."),
        ({"label": {"horizon_days": float("inf")}}, "Setting 'label.horizon_days': Input should be a finite number"),
        ({"points": {"gate": float("nan")}}, "Setting 'points.gate': Input should be a finite number"),
        ({"threshold": {"amount": float("inf")}}, "Setting 'threshold.amount': Input should be a finite number"),
        ({"model": {"seed": -1}}, "Setting 'model.seed': Input should be greater than or equal to 0; it is -1."),
        ({"model": {"seed": 2**31}}, "Setting 'model.seed': Input should be less than 2147483648"),
        ({"model": {"candidates": []}}, "Setting 'model.candidates': Tuple should have at least 1 item"),
        (
            {"model": {"candidates": ["lightbm"]}},
            "Setting 'model.candidates.0': Input should be 'constant', 'points', 'learned_points', 'odoo_pls', 'logistic'",
        ),
        ({"data": {"timezone": "Mars"}}, "'Mars' is no time zone; write one as 'Europe/Berlin'"),
        ({"data": {"timezone": "../../etc/passwd"}}, "is no time zone"),
        ({"label": {"pending": "wait"}}, "Input should be 'auto', 'drop', 'weight' or 'odds'; it is 'wait'."),
        ({"data": {"faulty_rows": "keep"}}, "Setting 'data.faulty_rows': Input should be 'refuse' or 'drop'; it is 'keep'."),
        ({"threshold": {"band": [0.3, 0.2]}}, "Section [threshold]: the band must rise, but goes from 0.3 to 0.2."),
        ({"threshold": {"policy": "capacity"}}, "Section [threshold]: policy 'capacity' needs leads_per_week above 0"),
        ({"threshold": {"policy": "value", "amount": 5}}, "Section [threshold]: policy 'value' needs amount and cost above 0"),
        ({"grades": {"A": 0.2}}, "Section [grades]: grades must fall from A to C, but are A = 0.2, B = 0.25, C = 0.1."),
        ({"roles": {"points": ["s"], "ignore": ["s"]}}, "column 's' is named in roles.points and in roles.ignore; it can be one"),
        ({"columns": {"amount": "s"}, "roles": {"allow": ["s"]}}, "column 's' is named in columns.amount and in roles.allow"),
        ({"columns": {"mql_at": "c", "sql_at": "c"}}, "column 'c' is named in columns.mql_at and in columns.sql_at"),
        (
            {"event_columns": {"asset": "c", "campaign": "c"}},
            "column 'c' is named in event_columns.asset and in event_columns.campaign",
        ),
    ],
)
def test_what_is_refused_and_how(differences, text):
    with pytest.raises(SettingsError, match=r"^settings cannot be used:\n  ") as caught:
        make_settings(differences)
    assert text in str(caught.value)


def test_all_faults_at_once_and_one_line_a_setting():
    with pytest.raises(SettingsError, match="cannot be used") as caught:
        make_settings({"split": {"gap_days": -1, "tst": 1}, "label": {"horizon_days": 0}, "modl": {}})
    assert len(str(caught.value).splitlines()) == 5


def test_columns_of_the_two_tables_may_bear_the_same_name():
    settings = make_settings({"columns": {"lead_id": "ID"}, "event_columns": {"lead_id": "ID"}})
    assert settings.event_columns == {"lead_id": "ID"}


def test_file_is_read_with_its_folder(tmp_path):
    (tmp_path / "predictor.toml").write_bytes("\ufeff[data]\nleads = 'a.csv'\n".encode())  # Windows editors write a mark first
    settings = load_settings(tmp_path / "predictor.toml")
    assert (settings.folder, settings.data.leads) == (tmp_path, "a.csv")


@pytest.mark.parametrize("content", [b"[data\n", b"\xff\xfe", b"[data]\n[data]\n"])
def test_file_that_is_no_toml(tmp_path, content):
    (tmp_path / "predictor.toml").write_bytes(content)
    with pytest.raises(
        SettingsError, match=r"predictor.toml' cannot be read as TOML: .* Compare it with docs/reference/settings.md"
    ):
        load_settings(tmp_path / "predictor.toml")


def test_no_file(tmp_path):
    with pytest.raises(SettingsError, match=r"There is no settings file '.*x.toml'. Name one with -c"):
        load_settings(tmp_path / "x.toml")
    with pytest.raises(SettingsError, match="cannot be read as TOML"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        ("postgresql+psycopg://reader:secret@host:5432/crm#a.events", "postgresql+psycopg://reader:***@host:5432/crm#a.events"),
        ("mysql://reader:se@cr:et@host/crm#events", "mysql://reader:***@host/crm#events"),
        ("postgresql://reader@host/crm#events", "postgresql://reader@host/crm#events"),
        ("sqlite:///crm.db#events", "sqlite:///crm.db#events"),
        ("export/2026:01@x.csv", "export/2026:01@x.csv"),
    ],
)
def test_a_bundle_holds_no_password(place, kept):
    settings = make_settings({"data": {"events": place}})
    assert settings.data.events == place
    assert tomllib.loads(settings.to_toml())["data"]["events"] == kept
    assert settings.model_dump(mode="json")["data"]["events"] == kept


def test_differences_stand_in_place_of_what_the_file_says(tmp_path):
    (tmp_path / "predictor.toml").write_text("[model]\nbudget_s = 5\nseed = 3\n")
    settings = load_settings(tmp_path / "predictor.toml", {"model": {"budget_s": 0}, "split": {"test_share": 0.4}})
    assert (settings.model.budget_s, settings.model.seed, settings.split.test_share) == (0, 3, 0.4)
    assert settings.folder == tmp_path
    with pytest.raises(SettingsError, match=r"Unknown setting 'model.budget'"):
        load_settings(tmp_path / "predictor.toml", {"model": {"budget": 0}})
