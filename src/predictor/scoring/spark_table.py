"""Tables of Spark: their events checked, their features computed, and every part of the leads answered by a worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table
from pyspark.errors import PySparkException, PythonException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812  its usual name

from predictor.core.errors import Finding, ScoringError
from predictor.data.events.contract import RawEvents, ReadEvents, check_events
from predictor.data.events.table import TEXTS
from predictor.data.lead_keys import as_keys, as_texts, to_key
from predictor.features.table import select_event_features
from predictor.points.award_table import award_sums, list_event_conditions, name_sums, sum_firing_events
from predictor.scoring.batch import ANY_MOMENT, check_table, read_leads, rename_similar
from predictor.scoring.scorer import Scorer

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_OURS = "predictor "  # begins the names of the columns that are added
ROW, _KEY, _AS_OF = f"{_OURS}row", f"{_OURS}key", f"{_OURS}as_of_us"
_KINDS = dict.fromkeys(("probability", "low", "high", "threshold", "points"), "double") | {"engagement_grade": "int"}
_PARTITIONS = "spark.sql.shuffle.partitions"
_DATE = r"^\d{4}-\d{2}-\d{2}"
_ZONED = r"\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$"
_ISO = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"


def score_files(
    leads: str, events: str | None, scorer: Scorer, *, now: pd.Timestamp, reasons: int = 3
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The answers about leads in files that Spark reads, in their order.

    Args:
        leads: Parquet or CSV (UTF-8, commas, a header): a file, a folder or a glob.
        events: The same of their events; None for none.
        scorer: The bundle that answers.
        now: The moment of leads without one.
        reasons: How many of the strongest reasons to give, up and down together.

    Raises:
        TableError: As `score_spark`.
        ScoringError: Spark cannot read a file, or as `score_spark`.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers on this machine have the packages of this program
    spark = SparkSession.builder.getOrCreate()
    context = spark.sparkContext
    if context.master.startswith("local") and not context.getConf().contains(_PARTITIONS):
        spark.conf.set(_PARTITIONS, 2 * context.defaultParallelism)  # Spark's 200 take minutes for a few leads on one machine
    try:
        tables = [None if place is None else _read(spark, place) for place in (leads, events)]
        answers, findings = score_tables(tables[0], tables[1], scorer, now=now, reasons=reasons)
        found = answers.toPandas().sort_values(ROW, ignore_index=True).drop(columns=ROW)
        whole = [str(name) for name in found if _KINDS.get(name) == "int"]
        return found.astype(dict.fromkeys(whole, "Int64")), findings
    except PySparkException as error:
        lines = str(error).strip().splitlines()
        raise ScoringError(f"Spark failed: {lines[-1 if isinstance(error, PythonException) else 0]}") from error


def _read(spark: SparkSession, place: str) -> DataFrame:
    if place.endswith((".csv", ".csv.gz")):
        return spark.read.csv(place, header=True, multiLine=True, escape='"')
    return spark.read.parquet(place)


def score_tables(
    leads: DataFrame, events: DataFrame | None, scorer: Scorer, *, now: pd.Timestamp, reasons: int
) -> tuple[DataFrame, tuple[Finding, ...]]:
    """The answers as `score_spark` gives them, with the number of each row in `ROW`; see there.

    Args:
        leads: One row a lead.
        events: One row an event; None for none.
        scorer: The bundle that answers.
        now: The moment of leads without one.
        reasons: How many of the strongest reasons to give, up and down together.
    """
    if scorer.own is not None:
        raise ScoringError("Features of your own are not computed on Spark. Score with --engine duckdb.")
    if scorer.features.uses_episodes or scorer.features.uses_accounts:
        what = "Features over earlier episodes and over other leads of the account"
        raise ScoringError(f"{what} are not computed on Spark. Score with --engine duckdb.")
    ibis.pyspark.connect(leads.sparkSession)  # sets the time zone, in which `_to_plain_types` writes moments
    leads = _to_plain_types(leads)
    renamed, findings = rename_similar(scorer, leads.limit(1).toPandas())
    findings += check_table(scorer, read_leads(scorer, renamed, now)[0], has_events=events is not None)
    if events is None:
        numbered = leads.withColumn(ROW, F.monotonically_increasing_id())
        return _answer(numbered, scorer, now, reasons, [], []), findings
    numbered = _number(leads, scorer, now).persist()  # numbers depend on the order, so they are given once
    dated = numbered.where(F.col(_KEY).isNotNull() & F.col(_AS_OF).isNotNull())
    rows = _to_ibis(dated.select(F.col(ROW).alias("row"), F.col(_KEY).alias("lead_id"), F.col(_AS_OF).alias("as_of_us")), "rows")
    keys = _to_ibis(numbered.where(F.col(_KEY).isNotNull()).select(
        F.col(_KEY).alias("spelling"), F.col(_KEY).alias("key")).distinct(), "keys")  # fmt: skip
    raw = RawEvents(tuple(events.columns), lambda columns: ReadEvents(_place(events, columns), in_place=True))
    checked = check_events(raw, scorer.settings, keys, now=now, drop=True)
    conditions = {} if scorer.book is None or not scorer.features.dated else list_event_conditions(scorer.book)
    features = scorer.features.event_features if scorer.features.dated else ()
    names, sums = [feature.name for feature in features], name_sums(conditions)
    if features:
        numbered = _join(numbered, select_event_features(features, rows, checked.table, {}), names)
    if conditions:
        numbered = _join(numbered, sum_firing_events(conditions, rows, checked.table, {}), sums)
    return _answer(numbered, scorer, now, reasons, names, sums), (*findings, *checked.findings)


def _number(leads: DataFrame, scorer: Scorer, now: pd.Timestamp) -> DataFrame:
    """The leads with a number, their key, and the moment of their score in microseconds since 1970."""

    @F.pandas_udf("key string, as_of_us long")  # type: ignore[untyped-decorator]
    def read(cells: pd.DataFrame) -> pd.DataFrame:
        frame = read_leads(scorer, rename_similar(scorer, cells)[0], now)[0]
        moments = frame["as_of"].dt.as_unit("us").astype("int64").astype("Int64").mask(frame["as_of"].isna())
        keys = as_keys(frame["lead_id"]).astype(object)
        return pd.DataFrame({"key": keys.where(keys.notna(), None), "as_of_us": moments})

    cells = F.struct(*(F.col(_quote(name)) for name in leads.columns))
    numbered = leads.withColumn("read", read(cells)).withColumn(ROW, F.monotonically_increasing_id())
    return numbered.withColumn(_KEY, F.col("read.key")).withColumn(_AS_OF, F.col("read.as_of_us")).drop("read")


def _join(leads: DataFrame, found: Table, names: Sequence[str]) -> DataFrame:
    """The leads with columns of a table of Ibis on the same session, by row."""
    columns = [F.col(_quote(name)).alias(f"{_OURS}{name}") for name in names]
    lines = leads.sparkSession.sql(found.get_backend().compile(found))
    return leads.join(lines.select(F.col("row").alias(ROW), *columns), ROW, "left")


def _answer(
    leads: DataFrame, scorer: Scorer, now: pd.Timestamp, reasons: int, names: Sequence[str], sums: Sequence[str]
) -> DataFrame:
    """The answers, computed by the workers; each gets the model once."""
    theirs = [name for name in leads.columns if not name.startswith(_OURS)]

    def answer(part: pd.DataFrame) -> pd.DataFrame:
        frame = read_leads(scorer, rename_similar(scorer, part[theirs])[0], now)[0]
        features = pd.DataFrame({name: part[f"{_OURS}{name}"].to_numpy() for name in names}, index=frame.index)
        for feature in scorer.features.event_features:
            if feature.is_category and feature.name in features:
                features[feature.name] = features[feature.name].astype(object).where(features[feature.name].notna(), None)
        found = {name: part[f"{_OURS}{name}"].fillna(0.0).to_numpy("float64") for name in sums}
        answers = answer_part(scorer, frame, features, found, reasons)
        return answers.assign(**{ROW: part[ROW].to_numpy()})

    def answer_parts(parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        yield from (answer(part) for part in parts if len(part))

    example = answer_part(scorer, pd.DataFrame({"lead_id": ["A"], "as_of": [now]}), pd.DataFrame(index=[0]), {}, reasons)
    fields = [f"`{name}` {_KINDS.get(name, 'string')}" for name in map(str, example)]
    return leads.mapInPandas(answer_parts, schema=", ".join([*fields, f"`{ROW}` long"]))


def answer_part(
    scorer: Scorer, leads: pd.DataFrame, event_features: pd.DataFrame, sums: Mapping[str, np.ndarray], reasons: int
) -> pd.DataFrame:
    """The answers about leads whose event features are known.

    Args:
        scorer: The bundle that answers.
        leads: As `read_leads` gives them.
        event_features: Those of each row; a column that is left out is that of leads without events.
        sums: The sums of `sum_firing_events` for each row; empty for leads without events.
        reasons: How many of the strongest reasons to give, up and down together.
    """
    known = scorer.reader.read_table(leads)
    moments = leads["as_of"].fillna(ANY_MOMENT).astype("datetime64[us, UTC]")
    awards = None if scorer.book is None else award_sums(scorer.book, known.assign(as_of=moments), sums)
    answers = scorer.score_table(
        known, as_of=leads["as_of"], awards=awards, event_features=event_features, reasons=reasons, with_sides=reasons > 0
    )
    texts = answers.assign(lead_id=as_texts(leads["lead_id"]).to_numpy())
    words = [str(name) for name in texts if name not in _KINDS]
    texts[words] = texts[words].astype(object).where(texts[words].notna(), None)
    return texts


def _place(events: DataFrame, columns: Mapping[str, str]) -> Table:
    """The events as `parse_placed_cells` reads them."""
    found = {ours: F.col(_quote(theirs)) for ours, theirs in columns.items()}
    kinds = {ours: dict(events.dtypes)[theirs] for ours, theirs in columns.items()}
    key = F.trim(found["lead_id"].cast("string"))
    shorten = F.udf(to_key, "string")
    cells = {"lead_id": F.when(F.length(key) == 18, shorten(key)).otherwise(key)}
    cells |= {name: F.trim(found[name].cast("string")) for name in TEXTS if name in found}
    cells |= _place_moment(found["occurred_at"], kinds["occurred_at"])
    if "value" in found:
        text = F.trim(found["value"].cast("string"))
        number = found["value"].try_cast("double")
        cells["value"] = F.when(~F.isnan(number), number)
        cells["has_value"] = found["value"].isNotNull() & (text != "") & ~(F.lower(text) == "nan")
    return _to_ibis(events.select(*(cell.alias(name) for name, cell in cells.items())), "events")


def _place_moment(at: Column, kind: str) -> dict[str, Column]:
    if kind == "timestamp":
        return {"at_us": F.unix_micros(at), "has_at": at.isNotNull()}
    if kind in ("date", "timestamp_ntz"):
        return {"at_us": F.unix_micros(at.cast("timestamp")), "has_at": at.isNotNull(), "local": at.isNotNull()}
    text = F.trim(at.cast("string"))
    moment = F.when(text.rlike(_DATE), text.try_cast("timestamp"))
    return {"at_us": F.unix_micros(moment), "has_at": text != "", "local": ~text.rlike(_ZONED)}


def _to_plain_types(leads: DataFrame) -> DataFrame:
    """Moments as texts in ISO 8601, days as texts and decimals as floats, which pandas and the readers of files know."""
    cells = []
    for name, kind in leads.dtypes:
        column = F.col(_quote(name))
        if kind.startswith("timestamp"):
            column = F.date_format(column, f"{_ISO}'Z'" if kind == "timestamp" else _ISO)
        elif kind == "date":
            column = column.cast("string")
        elif kind.startswith("decimal"):
            column = column.cast("double")
        cells.append(column.alias(name))
    return leads.select(*cells)


def _to_ibis(table: DataFrame, what: str) -> Table:
    """A table of Spark as one of Ibis on the same session."""
    name = ibis.util.gen_name(f"predictor_{what}")
    table.createOrReplaceTempView(name)
    return ibis.pyspark.connect(table.sparkSession).table(name)


def _quote(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))
