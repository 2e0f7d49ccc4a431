"""Scores on their way into the spool: while that cannot be written, some wait in memory, and the others are counted as lost."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from predictor.core.errors import StoreError, count
from predictor.store.records import Answered, make_score_record
from predictor.store.spool import Spool
from predictor.store.writer import Writer, make_spool_error


class ScoreSaver:
    """Saves the scores of one process, and knows how many it could not save.

    Attributes:
        lost: The number of scores that were answered but could not be saved.
    """

    def __init__(self, spool: Spool, writer: Writer) -> None:
        self.lost, self._counting = 0, threading.Lock()
        self._spool, self._writer = spool, writer

    def save(self, answers: Iterable[Answered], *, scored_at: datetime, model: str) -> None:
        """Save answers, as `Store.save_scores` does.

        Raises:
            StoreError: Some of them are only in memory, or lost; the text says how many, and why.
        """
        lines, errors = list[bytes](), list[StoreError]()
        for answer in answers:
            try:
                lines.append(make_score_record(answer, scored_at=scored_at, model=model).to_line())
            except StoreError as error:
                errors.append(error)
        self._count_lost(len(errors))
        texts = [f"{count(len(errors), 'score')} not stored. {errors[0]}"] if errors else []
        try:
            self._writer.append(lines)
        except OSError as error:
            texts.append(self._keep_in_memory(lines, error))
        if texts:
            raise StoreError(" ".join(texts))

    def _keep_in_memory(self, lines: Sequence[bytes], error: OSError) -> str:
        """Keep as many scores in memory as fit; returns a text on how many, and why."""
        kept = self._spool.keep_in_memory(lines)
        self._writer.wake()
        self._count_lost(len(lines) - kept)
        texts = [f"{count(kept, 'score')} kept in memory until it can be written."] if kept else []
        texts += [f"{count(len(lines) - kept, 'score')} not stored."] if kept < len(lines) else []
        return " ".join([*texts, str(make_spool_error(error))])

    def _count_lost(self, number: int) -> None:
        if number:
            with self._counting:
                self.lost += number
