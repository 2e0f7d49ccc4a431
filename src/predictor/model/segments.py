"""Segments of leads, by the values of one column: which have a calibrator or a threshold of their own, and the model with them.

A lead's segment is in its row of the matrix, as the category of that column: the same for a file, a request and stored features.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from predictor.model.calibrated_model import CalibratedModel
from predictor.model.calibrators import read_calibrator
from predictor.model.calibrators.calibrator import Calibrator

Way = Literal["single model", "own level", "own curve"]
SINGLE: Way = "single model"
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment.

    Attributes:
        name: The value of the column, as the settings write it.
        code: Its category in the matrix.
        way: Where its probabilities come from.
        calibrator: Its own; None for that of all leads.
        threshold: Its own; None for that of all leads.
    """

    name: str
    code: int
    way: Way = SINGLE
    calibrator: Calibrator | None = None
    threshold: float | None = None

    @property
    def decides(self) -> str:
        """What decides about its leads, in words.

        >>> Segment(name="EMEA", code=0).decides, Segment(name="EMEA", code=0, threshold=0.2).decides
        ('single model', 'single model, own threshold')
        """
        return self.way if self.threshold is None else f"{self.way}, own threshold"

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        own = None if self.calibrator is None else json.loads(self.calibrator.to_text())
        return {"name": self.name, "code": self.code, "way": self.way, "calibrator": own, "threshold": self.threshold}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Segment:
        """The segment that `to_json` wrote.

        >>> Segment.from_json(Segment(name="EMEA", code=0, threshold=0.2).to_json())
        Segment(name='EMEA', code=0, way='single model', calibrator=None, threshold=0.2)
        """
        own = content["calibrator"]
        calibrator = None if own is None else read_calibrator(json.dumps(own))
        return cls(**{**content, "calibrator": calibrator})


@dataclass(frozen=True, kw_only=True)
class Segments:
    """The segments of a model.

    Attributes:
        column: The column of the export that names them.
        position: Its column in the matrix.
        segments: In the order of the settings.
    """

    column: str
    position: int
    segments: tuple[Segment, ...]

    def find(self, matrix: np.ndarray) -> NDArray[np.intp]:
        """For each row the place of its segment; -1 for a lead of none.

        >>> segments = Segments(column="region", position=0, segments=(Segment(name="EMEA", code=2),))
        >>> segments.find(np.array([[2.0], [0.0], [np.nan]])).tolist()
        [0, -1, -1]
        """
        codes = np.asarray(matrix)[:, self.position]
        places = np.full(len(codes), -1, dtype=np.intp)
        for place, segment in enumerate(self.segments):
            places[codes == segment.code] = place
        return places

    def list_parts(self, matrix: np.ndarray) -> list[tuple[Segment | None, NDArray[np.intp]]]:
        """The segments that occur, each with its rows; None for leads of no segment."""
        places = self.find(matrix)
        return [
            (None if place < 0 else self.segments[place], np.flatnonzero(places == place)) for place in np.unique(places).tolist()
        ]

    @property
    def some_own(self) -> bool:
        """Whether a segment has anything of its own."""
        return any(segment.calibrator is not None or segment.threshold is not None for segment in self.segments)

    def to_json(self) -> dict[str, Any]:
        """As JSON; the place in the matrix follows from the features."""
        return {"column": self.column, "segments": [segment.to_json() for segment in self.segments]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], names: Sequence[str]) -> Segments:
        """The segments that `to_json` wrote.

        Args:
            content: What it wrote.
            names: The features, in the order of the matrix.
        """
        segments = tuple(map(Segment.from_json, content["segments"]))
        return cls(column=content["column"], position=list(names).index(content["column"]), segments=segments)


@dataclass(frozen=True, kw_only=True)
class SegmentedModel(CalibratedModel):
    """A fitted candidate whose segments may have calibrators and thresholds of their own.

    Attributes:
        segments: The segments.
    """

    segments: Segments = field(default_factory=lambda: Segments(column="", position=0, segments=()))

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, one a row of the matrix, by the calibrator of its segment."""
        score = self.model.score(matrix)
        probability = self.calibrator.predict(score)
        for segment, rows in self.segments.list_parts(matrix):
            if segment is not None and segment.calibrator is not None:
                probability[rows] = segment.calibrator.predict(score[rows])
        return probability

    def list_thresholds(self, matrix: np.ndarray, usual: float) -> FloatArray:
        """The threshold of each row: that of its segment, else the usual one."""
        limits = np.full(len(matrix), usual)
        for segment, rows in self.segments.list_parts(matrix):
            if segment is not None and segment.threshold is not None:
                limits[rows] = segment.threshold
        return limits
