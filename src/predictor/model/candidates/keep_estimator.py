"""An estimator as text, without pickle: in the format of skops, and only of types that a bundle may hold.

Reading it makes objects of these types and runs nothing else. skops checks the types. It cannot check that the numbers inside a
tree point to nodes that exist, and compiled code that follows them does not look either: this is checked here.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions, version
from typing import Any

import numpy as np

from predictor.core.errors import BundleError, TrainingError, list_names

# Beside those that skops itself trusts: its classes of scikit-learn, and those of NumPy and SciPy.
ALLOWED = (
    "collections.OrderedDict",
    "collections.defaultdict",
    "functools.partial",  # of functions that are allowed too
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "numpy.dtype",
    "numpy.mean",
    "numpy.nan_to_num",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._mutual_info.mutual_info_classif",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.impute._iterative._ImputerTriplet",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.model_selection._split.TimeSeriesSplit",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils.validation.check_array",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
)
_PACKAGES = ("scikit-learn", "skops", "lightgbm", "xgboost")
_TIME = (1980, 1, 1, 0, 0, 0)  # of files in the archive, so that the same estimator gives the same text


def write_estimator(estimator: Any) -> dict[str, Any]:  # noqa: ANN401  any class that scikit-learn takes
    """The estimator as JSON: `class`, `versions` of the packages it is made of, and `skops`, its archive in base64.

    Raises:
        TrainingError: skops is not installed or cannot write it, or it holds a type that is not in `ALLOWED`.
    """
    try:
        import skops.io as sio  # noqa: PLC0415  only those with a classifier of their own need it
    except ImportError:
        raise TrainingError("The package 'skops' is not installed. Install it: pip install skops.") from None
    try:
        data = sio.dumps(estimator)
        refused = [name for name in sio.get_untrusted_types(data=data) if name not in ALLOWED]
    except Exception as error:  # whatever a class of somebody else raises when its state is read
        raise TrainingError(f"skops cannot write it: {error}") from error
    if refused:
        raise TrainingError(
            f"It holds {list_names(refused)}. A bundle holds no code, so only classes of scikit-learn, XGBoost and LightGBM can "
            "be kept, and functions that act on each number, as numpy.log1p. Use these."
        )
    packages = {"scikit-learn", "skops"} | {name for name in _PACKAGES if f'"{name}.' in data.decode("latin-1")}
    return {
        "class": type(estimator).__name__,
        "versions": {name: _find_version(name) for name in sorted(packages)},
        "skops": base64.b64encode(_make_repeatable(data)).decode(),
    }


def _find_version(package: str) -> str:
    """The version of a package, which may be installed under another name, as xgboost is by xgboost-cpu."""
    names = packages_distributions().get(package, (package,))
    return version(names[0])


def _make_repeatable(data: bytes) -> bytes:
    """The same archive, packed, without what differs from run to run: times, places in memory, bytes between fields."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema, names = json.loads(files.pop("schema.json")), dict[str, str]()
    _renumber(schema, {}, names)
    renamed = {names[name]: content for name, content in files.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"schema.json": json.dumps(schema).encode(), **renamed}.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), _clear_gaps(content), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _renumber(node: Any, number: dict[int, int], names: dict[str, str]) -> None:  # noqa: ANN401  JSON
    """Objects are numbered as they appear, and files by their object; `names` gets the new name of each file.

    Plain values have 0, which is never looked up: whether two are one is chance.
    """
    for part in node if isinstance(node, list) else node.values() if isinstance(node, dict) else ():
        _renumber(part, number, names)
    if isinstance(node, dict) and "__id__" in node:
        plain = node["__loader__"] == "JsonNode"
        node["__id__"] = 0 if plain else number.setdefault(node["__id__"], len(number) + 1)
        if isinstance(file := node.get("file"), str):
            node["file"] = names.setdefault(file, f"{node['__id__']}.{file.partition('.')[2]}")


def _clear_gaps(content: bytes) -> bytes:
    """The file of an array whose fields leave bytes between them, with zeros there; any other file as it is."""
    if not content.startswith(np.lib.format.MAGIC_PREFIX):
        return content
    array = np.load(io.BytesIO(content), allow_pickle=False)
    names = array.dtype.names or ()
    cleared, written = np.zeros(array.shape, array.dtype), io.BytesIO()
    for name in names:
        cleared[name] = array[name]
    np.save(written, cleared)
    return written.getvalue() if names else content


def read_estimator(content: Mapping[str, Any], *, width: int) -> Any:  # noqa: ANN401
    """The estimator that `write_estimator` wrote.

    Args:
        content: What it gave.
        width: The columns of the matrix.

    Raises:
        BundleError: A package is not installed, a type is not allowed, or the content is damaged.
    """
    try:
        import skops.io as sio  # noqa: PLC0415  only those with a classifier of their own need it
    except ImportError:
        raise BundleError(
            "The model is a classifier of the firm's own, which needs the package 'skops' here. Install it: pip install skops."
        ) from None
    try:
        data = base64.b64decode(content["skops"], validate=True)
        refused = [name for name in sio.get_untrusted_types(data=data) if name not in ALLOWED]
        estimator = None if refused else sio.loads(data, trusted=list(ALLOWED))
        for part in _list_parts(estimator, set()):
            _check_part(part, width)
    except Exception as error:  # whatever a damaged archive makes a class of somebody else raise
        raise BundleError(f"The model cannot be read: {error}. {_describe_versions(content)}") from error
    if refused:
        raise BundleError(f"The model holds {list_names(refused)}, which no bundle may hold. Nothing of it was run.")
    return estimator


def _describe_versions(content: Mapping[str, Any]) -> str:
    """Which versions it was written with."""
    versions = content.get("versions")
    known = versions if isinstance(versions, dict) else {}
    return f"It was written with {', '.join(f'{name} {number}' for name, number in known.items())}: install these."


def _list_parts(value: Any, seen: set[int]) -> Iterator[Any]:  # noqa: ANN401
    """Whatever an estimator holds, each object once."""
    if id(value) in seen or isinstance(value, str | bytes | int | float | bool | None):
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        inner = list(value.ravel()) if value.dtype == object else []
    elif isinstance(value, Mapping):
        inner = list(value.values())
    elif isinstance(value, list | tuple | set):
        inner = list(value)
    else:
        yield value
        inner = list(vars(value).values()) if hasattr(value, "__dict__") else []
    for part in inner:
        yield from _list_parts(part, seen)


def _check_part(part: Any, width: int) -> None:  # noqa: ANN401
    """Refuse a tree whose nodes point outside of it, or back."""
    kind = f"{type(part).__module__}.{type(part).__name__}"
    if kind == "sklearn.tree._tree.Tree":
        state = part.__getstate__()["nodes"]
        inner = state["left_child"] != -1
        children, features = [state["left_child"], state["right_child"]], state["feature"]
        _check_nodes(children, features, inner=inner, width=max(width, part.n_features))
    elif kind.endswith("_hist_gradient_boosting.predictor.TreePredictor"):
        nodes = part.nodes
        inner = nodes["is_leaf"] == 0
        _check_nodes([nodes["left"], nodes["right"]], nodes["feature_idx"], inner=inner, width=width)
        by_category = inner & (nodes["is_categorical"] != 0)
        sets = min(len(part.raw_left_cat_bitsets), len(part.binned_left_cat_bitsets))
        if by_category.any() and int(nodes["bitset_idx"][by_category].max()) >= sets:
            raise ValueError("a tree points to categories that it does not have")
    elif kind == "sklearn.neighbors._kd_tree.KDTree":
        _check_neighbours(part)


def _check_nodes(children: list[np.ndarray], features: np.ndarray, *, inner: np.ndarray, width: int) -> None:
    """Children come after their parent and exist, features too; so every walk ends."""
    at = np.arange(len(inner))[inner]
    for child in children:
        to = child[inner].astype(np.int64)
        if (to <= at).any() or (to >= len(inner)).any():
            raise ValueError("a tree points to nodes that it does not have")
    used = features[inner].astype(np.int64)
    if (used < 0).any() or (used >= width).any():
        raise ValueError("a tree looks at features that there are not")


def _check_neighbours(tree: Any) -> None:  # noqa: ANN401
    """The same of the tree of nearest neighbours."""
    data, index, nodes, bounds = tree.get_arrays()
    n, count = len(data), len(nodes)
    ends_exist = (nodes["idx_start"] >= 0).all() and (nodes["idx_end"] <= n).all() and bounds.shape[1] == count
    leaves = nodes["is_leaf"] != 0
    inner_have_children = (2 * np.flatnonzero(~leaves) + 2 < count).all()
    if not (len(index) == n and (index >= 0).all() and (index < n).all() and ends_exist and inner_have_children):
        raise ValueError("a tree of neighbours points to leads that it does not have")
