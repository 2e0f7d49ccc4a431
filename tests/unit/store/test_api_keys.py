"""The file of API keys: what it stores, what it refuses, and that it is read again when it changes."""

import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from predictor.core.errors import SettingsError
from predictor.store.api_keys import KeyRing, add_key, hash_key, read_keys, revoke_key
from predictor.store.key_uses import KeyUses, locate_uses, read_use

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


def test_the_last_use_of_a_key_is_noted_at_most_once_a_minute_and_forgotten_with_it(path):
    first, second = (add_key(path, name, ["score"], now=NOW) for name in ("one", "two"))
    ring, hashes = KeyRing(path), [key.sha256 for key in read_keys(path)]
    assert [read_use(path, sha256) for sha256 in hashes] == [None, None]
    before = datetime.now(UTC) - timedelta(seconds=5)
    assert (ring.find(first).name, ring.find("lcp_wrong"), ring.find(first).name) == ("one", None, "one")
    assert read_use(path, hashes[0]) >= before
    assert read_use(path, hashes[1]) is None
    assert [file.name for file in locate_uses(path).iterdir()] == [hashes[0]]
    assert (locate_uses(path) / hashes[0]).read_bytes() == b""
    revoke_key(path, "one")
    assert read_use(path, hashes[0]) is None
    assert ring.find(second).name == "two"


def test_a_use_within_the_same_minute_is_not_written_again(path):
    path.parent.mkdir()
    seconds = iter([0.0, 59.0, 60.0])
    uses, times = KeyUses(path, clock=lambda: next(seconds)), []
    for _ in range(3):
        uses.note("a" * 64)
        times.append((locate_uses(path) / ("a" * 64)).stat().st_mtime_ns)
        os.utime(locate_uses(path) / ("a" * 64), (1000, 1000))
    assert times[1] == 1000 * 10**9
    assert min(times[0], times[2]) > times[1]


def test_a_folder_that_cannot_be_written_costs_one_warning_and_no_request(path, caplog):
    token = add_key(path, "crm", ["score"], now=NOW)
    locate_uses(path).write_text("a file")
    key = read_keys(path)[0]
    uses = KeyUses(path, clock=iter([0.0, 100.0]).__next__)
    for _ in range(2):
        uses.note(key.sha256)
    assert KeyRing(path).find(token).name == "crm"
    assert read_use(path, key.sha256) is None
    assert caplog.text.count("When keys were used cannot be noted") == 2  # one of each object
