"""`predictor score --accounts`: what is written, and what is refused before anything is read."""

import pytest

from predictor.cli.app import app

LEADS = "lead_id\nA\n"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--out", "s.csv", "--accounts", "leads.csv"], "--accounts names 'leads.csv', which is an input"),
        (["--out", "s.csv", "--accounts", "./s.csv"], "--out and --accounts both name 's.csv'"),
        (["--out", "s.csv", "--accounts", "a.csv", "--engine", "spark"], "--accounts is not for --engine spark"),
    ],
)
def test_files_that_would_be_lost_are_refused(tmp_path, monkeypatch, capsys, options, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        app(["score", "--leads", "leads.csv", *options])
    assert caught.value.code == 1
    assert text in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "leads.csv").read_text(encoding="utf-8") == LEADS
