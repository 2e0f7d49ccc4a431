"""The wheel: one global name, every data file, and a command that serves without the repository."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from importlib.util import find_spec
from pathlib import PurePosixPath

import httpx2
import pytest
from house.tables import ROOT

from api.example import LEAD, find_port, wait_until_ready

TEXTS = {".toml", ".txt", ".html", ".css", ".js", ".typed"}


def pip(*words):
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *map(str, words)], check=True, timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the repository as it is."""
    if find_spec("hatchling") is None or find_spec("pip") is None:
        if os.environ.get("PREDICTOR_MUST_NOT_SKIP"):
            pytest.fail("hatchling and pip must be there in CI: make install.")
        pytest.skip("The wheel is built with pip and hatchling, which are not installed: make install.")
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder where the wheel is installed."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--no-index", "--target", folder, wheel)
    return folder


@pytest.fixture(scope="module")
def environment(installed):
    """Where Python finds the installed wheel and the dependencies of this process, but with -S no editable install."""
    places = dict.fromkeys([str(installed), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTHONUNBUFFERED": "1"}


def list_sources(folder, prefix):
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"{prefix}/{path.as_posix()}" for path in paths}


def test_it_holds_all_files_of_the_package_and_of_the_api_below_one_name(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    about = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    assert names - about == list_sources(ROOT / "src" / "predictor", "predictor") | list_sources(ROOT / "api", "predictor/api")
    assert len({name.split("/")[0] for name in about}) == 1
    assert {PurePosixPath(name).suffix for name in names - about} - {""} == TEXTS | {".py"}
    assert "predictor/store/migrations/env.py" in names
    assert any(name.startswith("predictor/store/migrations/versions/") for name in names)


def test_nothing_of_the_repository_is_imported(installed, environment, tmp_path):
    code = "import sys; from importlib.util import find_spec; import predictor.api.app as app; "
    code += "print(app.__file__, find_spec('api'), sys.path)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120
    )
    place, found, path = done.stdout.split(" ", 2)
    assert place == str(installed / "predictor" / "api" / "app.py")
    assert found == "None"
    assert str(ROOT / "src") not in path


def test_the_command_helps(installed, environment, tmp_path):
    command = [sys.executable, "-S", installed / "bin" / "predictor", "--help"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120)
    assert "serve" in done.stdout


def test_the_command_serves_a_bundle_and_a_lead_is_scored(installed, environment, models, tmp_path):
    port = find_port()
    command = [sys.executable, "-S", installed / "bin" / "predictor", "serve", "--model", models, "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=tmp_path) as server:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", server)
            answer = httpx2.post(f"http://127.0.0.1:{port}/v1/score", json=LEAD)
        finally:
            server.terminate()
    assert answer.status_code == 200
    assert answer.json()["lead_id"] == LEAD["lead_id"]
    assert 0 < answer.json()["probability"] < 1
