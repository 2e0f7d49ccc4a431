"""The commands about API keys, and that other machines are not served without one."""

import json

import pytest
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.store.api_keys import KeyRing

CLI = CliRunner()


def run(*arguments):
    return CLI.invoke(app, [str(argument) for argument in arguments])


def test_a_key_is_made_shown_once_listed_and_revoked(tmp_path):
    made = run("keys", "add", "crm", "--scope", "score", "--scope", "outcomes", "--models", tmp_path)
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert "not used yet" in run("keys", "list", "--models", tmp_path).stdout
    assert KeyRing(tmp_path / "keys.toml").find(token).scopes == ("score", "outcomes")
    assert "It is shown once" in made.stderr
    assert token not in made.stderr
    listed = run("keys", "list", "--models", tmp_path)
    assert "crm" in listed.stdout
    assert token not in listed.stdout
    [entry] = json.loads(run("keys", "list", "--models", tmp_path, "--json").stdout)
    assert (entry["name"], entry["scopes"]) == ("crm", ["score", "outcomes"])
    assert f"last used {entry['last_used_at']}" in listed.stdout
    assert run("keys", "revoke", "crm", "--models", tmp_path).exit_code == 0
    assert "There is no key in" in run("keys", "list", "--models", tmp_path).stdout
    again = run("keys", "revoke", "crm", "--models", tmp_path)
    assert (again.exit_code, "There is no key 'crm'" in again.stderr) == (1, True)


def test_a_key_may_have_an_end(tmp_path):
    token = run("keys", "add", "crm", "--scope", "score", "--days", 30, "--models", tmp_path).stdout.strip()
    assert KeyRing(tmp_path / "keys.toml").find(token).name == "crm"
    assert "expires 20" in " ".join(run("keys", "list", "--models", tmp_path).stdout.split())
    assert json.loads(run("keys", "list", "--models", tmp_path, "--json").stdout)[0]["expires_at"]


def test_the_settings_name_the_file(tmp_path):
    (tmp_path / "predictor.toml").write_text('[serve]\nkeys = "secret/api.toml"\n')
    result = run("keys", "add", "crm", "--scope", "admin", "-c", tmp_path / "predictor.toml", "--json")
    assert json.loads(result.stdout)["file"] == str(tmp_path / "secret" / "api.toml")
    assert KeyRing(tmp_path / "secret" / "api.toml").required


def test_an_unknown_scope_is_refused_with_a_text(tmp_path):
    result = run("keys", "add", "crm", "--scope", "all", "--models", tmp_path)
    assert result.exit_code == 1
    assert "must have one or more of the scopes 'score', 'outcomes', 'admin', but has 'all'" in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.com"])  # noqa: S104  the test needs it
def test_other_machines_are_not_served_without_keys(tmp_path, host):
    result = run("serve", "--model", tmp_path, "--host", host, "--port", 0)
    assert result.exit_code == 1
    assert f"Without keys the API is served on loopback only, but --host is {host}." in " ".join(result.stderr.split())
    assert "predictor keys add NAME --scope score" in " ".join(result.stderr.split())


def test_with_a_key_any_address_is_served(tmp_path, monkeypatch):
    hosts = []
    monkeypatch.setattr("uvicorn.run", lambda *_, **options: hosts.append(options["host"]))
    run("keys", "add", "crm", "--scope", "score", "--models", tmp_path)
    assert run("serve", "--model", tmp_path, "--host", "0.0.0.0", "--port", 0).exit_code == 0  # noqa: S104  the test needs it
    assert run("serve", "--model", tmp_path / "other", "--port", 0).exit_code == 0
    assert hosts == ["0.0.0.0", "127.0.0.1"]  # noqa: S104  the test needs it
