"""The file of API keys: what it stores, what it refuses, and that it is read again when it changes."""

import stat
from datetime import UTC, datetime

import pytest

from predictor.core.errors import SettingsError
from predictor.store.api_keys import KeyRing, add_key, hash_key, read_keys, revoke_key

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "firm" / "keys.toml"


def test_the_file_holds_the_hash_and_never_the_key(path):
    token = add_key(path, "crm", ["outcomes", "score"], now=NOW)
    assert len(token) >= 43
    assert token not in path.read_text()
    [key] = read_keys(path)
    assert (key.name, key.scopes, key.sha256, key.made_at) == (
        "crm", ("score", "outcomes"), hash_key(token), "2026-07-01T09:00:00+00:00",
    )  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys.toml"]


def test_every_key_is_different(path):
    assert len({add_key(path, f"crm {number}", ["score"], now=NOW) for number in range(5)}) == 5


def test_new_and_revoked_keys_take_effect_at_once(path):
    ring = KeyRing(path)
    assert not ring.required
    first = add_key(path, "one", ["score"], now=NOW)
    second = add_key(path, "two", ["admin"], now=NOW)
    assert ring.find(first).name == "one"
    assert ring.find(second).scopes == ("admin",)
    assert ring.required
    revoke_key(path, "one")
    assert ring.find(first) is None
    assert ring.find(second).name == "two"
    assert ring.find("") is ring.find("lcp_x") is ring.find(hash_key(second)) is ring.find("\udcff") is None


def test_a_key_with_an_end_opens_nothing_from_then_on(path):
    now = datetime.now(UTC)
    ended, valid = (add_key(path, name, ["score"], now=now, days=days) for name, days in (("ended", 0), ("valid", 1)))
    forever = add_key(path, "forever", ["score"], now=NOW)
    ring = KeyRing(path)
    assert ring.find(ended) is None
    assert (ring.find(valid).name, ring.find(forever).name) == ("valid", "forever")
    assert [bool(key.expires_at) for key in read_keys(path)] == [True, True, False]
    path.write_text(path.read_text().replace(read_keys(path)[1].expires_at, "2026-07-01"))
    with pytest.raises(SettingsError, match="expires_at must have a timezone"):
        read_keys(path)


def test_deleting_the_file_gives_no_access(path):
    token = add_key(path, "one", ["score"], now=NOW)
    ring = KeyRing(path)
    path.unlink()
    assert ring.find(token) is None
    assert ring.required


def test_a_file_that_breaks_while_serving_has_no_key_until_it_is_fixed(path):
    token = add_key(path, "one", ["score"], now=NOW)
    ring, whole = KeyRing(path), path.read_text()
    path.write_text("[[keys]]\nname = ")
    with pytest.raises(SettingsError, match="cannot be read: TOMLDecodeError"):
        ring.find(token)
    path.write_text(whole)
    assert ring.find(token).name == "one"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("keys = 3", "cannot be read: TypeError"),
        ("[[keys]]\nname = 'x'", "cannot be read: KeyError: 'scopes'"),
        ("[[keys]]\nname = 'x'\nscopes = ['all']\nsha256 = 'x'\nmade_at = ''", "must have a name, scopes and its sha256"),
        ("token = 'x'", r"it may hold \[\[keys\]\] only"),
    ],
)
def test_a_file_of_something_else_is_refused(path, text, match):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(SettingsError, match=match):
        KeyRing(path)


@pytest.mark.parametrize(
    ("name", "scopes", "match"),
    [
        ("one", ["score"], "There is a key 'one' in '.*' already. Revoke it first"),
        ("a\nb", ["score"], "A key's name must be letters, digits"),
        ("", ["score"], "A key's name must be letters, digits"),
        ("two", ["write"], "must have one or more of the scopes 'score', 'outcomes', 'admin', but has 'write'"),
        ("two", [], "but has none"),
    ],
)
def test_a_key_that_is_not_valid_is_not_created(path, name, scopes, match):
    add_key(path, "one", ["score"], now=NOW)
    before = path.read_text()
    with pytest.raises(SettingsError, match=match):
        add_key(path, name, scopes, now=NOW)
    assert path.read_text() == before


def test_only_an_existing_key_can_be_revoked(path):
    with pytest.raises(SettingsError, match=r"There is no key 'x' in '.*'; it has none"):
        revoke_key(path, "x")
