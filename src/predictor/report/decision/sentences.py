"""The sentences of a decision: title, trade in weekly figures, how sure it is, and what to do on Monday."""

from __future__ import annotations

import math

from predictor.core.errors import count
from predictor.core.wording import format_number, format_percent, format_rounded, format_share, is_missing
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS
from predictor.report.decision.evidence import BEST, FEWEST, Evidence, Gain, Handed, Kind, PointsGate
from predictor.report.table_cells import BETTER, SAME, WORSE

_NAMES = {POINTS: "your points", LEARNED: "the learned points", MODEL: "the model"}
_VOLUMES = {
    "capacity": "With as many leads as sales can work",
    "gate": "With as many leads as today",
    "threshold": "With as many leads as the model's threshold hands over",
    "half": "With as many leads each",
}
_WATCH = "When the outcomes of these leads are known, compare again: `predictor monitor` shows whether the gain holds."
_WHOLE = 10  # leads from which on decimals do not matter
_SET = "`predictor threshold --set --leads-per-week"
_AGAIN = "Train again when more outcomes are known."
_GIVE_MORE = "Give the training more of what is known of leads before sales gets them, such as events and firm data."
_NO_SIGNAL = "It ranks the test leads no better than chance, so it cannot choose among them."


def make_title(kind: Kind, evidence: Evidence) -> str:
    """What to do, in a line."""
    tested, today = evidence.tested, evidence.today
    gate = "" if today is None or today.gate is None else f" and their gate of {_format_gate(today)}"
    return {
        "keep_points": f"Keep your points{gate}",
        "change_gate": f"Keep your points, and change their gate from {_format_gate(today)} to {_format_gate(evidence.advised)}",
        "use_learned_points": "Use the learned points: your rules with better numbers",
        "use_model": "Use the model to choose leads, in place of your points" if POINTS in evidence.volume.ways else _title_ranking(evidence),
        "not_enough_leads": f"Not enough leads to decide: {count(tested.sqls, 'SQL')} among {count(tested.leads, 'test lead')}",
        "no_signal": "The model found no signal: choose leads as today",
    }[kind]


def _title_ranking(evidence: Evidence) -> str:
    """The story without points: what the best leads hold or, where most leads are worth working, what the others do not."""
    handed, everyone = evidence.proposals.get(MODEL), evidence.tested.load
    if handed is None or handed.leads <= everyone.leads / 2:
        return f"Rank leads by the model: the best 20 % hold {format_percent(evidence.model.best[0])} of all SQLs"
    worst, theirs = 1 - handed.leads / everyone.leads, 1 - handed.sqls / everyone.sqls
    return f"Leave out the worst {format_percent(worst)} of leads by the model: they hold {format_percent(theirs)} of all SQLs"


def describe_trade(kind: Kind, evidence: Evidence) -> str:
    """What the decision brings, in weekly figures; empty where nothing can be said."""
    ways, source, today = evidence.volume.ways, evidence.volume.source, evidence.today
    if kind == "change_gate" and today is not None and evidence.advised is not None:
        return f"{_describe_change(evidence.tested.unit, evidence.advised.handed, today.handed)}."
    if kind == "no_signal":
        return _NO_SIGNAL
    if kind == "not_enough_leads":
        return f"A test needs {FEWEST} SQLs and {FEWEST} other leads before anything follows from it."
    if POINTS not in ways:
        return _describe_ranking(evidence)
    way = _find_rival(kind, evidence)
    if kind != "keep_points" and today is not None and today.handed.leads:
        return f"{_describe_change(evidence.tested.unit, find_proposal(way, evidence), today.handed)}."
    chosen, rival = ways[way], ways[POINTS]
    load = f"{_describe_load(chosen.leads, evidence.tested.unit)}, {'as today' if source == 'gate' else 'whoever chooses'}"
    if kind != "keep_points":
        return f"{load}: {_describe_result(chosen, rival, 'either way')}."
    found, theirs, rate = _format_sqls(chosen.sqls), _format_sqls(rival.sqls), format_percent(chosen.conversion)
    if found == theirs:
        return f"{load}: {_NAMES[way]} and your points find {found} SQLs each, conversion {rate}."
    finds = f"{_NAMES[way]} {_verb(way)} {found} SQLs and your points {theirs}"
    return f"{load}: {finds}, conversion {rate} and {format_percent(rival.conversion)}."


def find_proposal(way: str, evidence: Evidence) -> Handed:
    """What a way hands over by the firm's policy or, where that is every lead, at the volume that sales works."""
    return evidence.proposals.get(way, evidence.volume.ways[way])


def describe_sureness(kind: Kind, evidence: Evidence) -> str:
    """How sure the decision is, with what readers must know beside it."""
    model, gains = evidence.model, evidence.volume.gains
    if kind in ("no_signal", "not_enough_leads"):
        return ""
    texts = []
    if kind == "change_gate" and evidence.today is not None and evidence.advised is not None:
        old, new = evidence.today.handed, evidence.advised.handed
        texts.append(
            f"Today's gate surely misses {evidence.wanted}: {format_share(old.conversion, old.low, old.high)} become SQLs. "
            f"With the new gate: {format_share(new.conversion, new.low, new.high)}."
        )
    if kind == "keep_points" and evidence.misses:
        texts.append(f"Today's gate surely misses {evidence.wanted}, but no other gate is sure to keep it.")
    if POINTS in evidence.volume.ways:
        way = _find_rival(kind, evidence)
        texts.append(_describe_gain(way, gains.get((way, POINTS)), evidence))
    else:
        share, low, high = model.best
        texts.append(f"The order is surely better than chance: the best 20 % hold {format_share(share, low, high)} of all SQLs.")
    if kind == "use_model" and not model.reaches:
        texts.append(f"{_describe_unreached(evidence)}.")
    if kind == "keep_points" and evidence.volume.is_better(MODEL, POINTS):
        texts.append(f"But its probabilities are {_describe_unproven(evidence)}, so it may not serve yet.")
    if kind == "use_model" and (model.ranks_only or not model.may_serve):
        why = "are not right yet" if model.may_serve else f"are {_describe_unproven(evidence)}"
        texts.append(f"Use its order of leads, not its probabilities: these {why}.")
    elif kind == "use_model" and model.reaches and not model.holds and MODEL in evidence.proposals:
        texts.append(f"It is not sure that new leads keep {evidence.wanted}.")
    return " ".join((*texts, *evidence.caveats))


def describe_today(evidence: Evidence) -> str:
    """What happens today: the gate with its leads, or all leads where there is none."""
    today, tested = evidence.today, evidence.tested
    if today is None:
        load = f"{_describe_load(tested.load.leads, tested.unit)}, of which " if tested.unit == "a week" else ""
        return f"All {count(tested.leads, 'test lead')} together: {load}{format_percent(tested.load.conversion)} became SQLs."
    name = "Today's gate" if today.gate is None else f"Today's gate of {_format_gate(today)} points"
    if not today.handed.leads:
        return f"{name} hands over no lead."
    share = format_share(today.handed.conversion, today.handed.low, today.handed.high)
    return f"{name} hands over {_describe_load(today.handed.leads, tested.unit)}, of which {share} become SQLs."


def list_steps(kind: Kind, evidence: Evidence) -> tuple[str, str, str]:
    """What to do on Monday, in three lines."""
    if kind == "use_model":
        return _list_model_steps(evidence)
    if kind == "use_learned_points":
        gate = "the gate of the file" if evidence.learned_gate is None else f"their gate: {format_rule(evidence.learned_gate)}"
        return ("Enter the numbers of `learned_points.toml` in the rules of your CRM.", f"Set {gate}.", _WATCH)
    if kind == "change_gate" and evidence.advised is not None and evidence.today is not None:
        new, unit = evidence.advised.handed, evidence.tested.unit
        before = _format_leads(evidence.today.handed.leads)
        expect = f"Tell sales to expect {_describe_load(new.leads, unit)} instead of {before}."
        share = format_share(new.conversion, new.low, new.high)
        check = f"Compare again later: of the leads handed over, {share} should become SQLs."
        return (f"In the CRM, set {format_rule(evidence.advised.gate)}.", expect, check)
    return (_describe_keeping(evidence), _describe_waiting(kind, evidence), _AGAIN)


def format_rule(gate: float | None) -> str:
    """The line that a CRM needs.

    >>> format_rule(80.0), format_rule(12.5)
    ('Score >= 80', 'Score >= 12.5')
    """
    return "Score >= the gate of today" if gate is None else f"Score >= {gate:g}"


def _find_rival(kind: Kind, evidence: Evidence) -> str:
    """The way that is compared with the points: the one to use or, where they stay, the better of the others."""
    if kind == "use_model":
        return MODEL
    if kind == "use_learned_points":
        return LEARNED
    others = [way for way in (MODEL, LEARNED) if (way, POINTS) in evidence.volume.gains]
    return max(others, key=lambda way: evidence.volume.gains[way, POINTS].mean, default=MODEL)


def _describe_unproven(evidence: Evidence) -> str:
    """What probabilities are that may not serve."""
    return f"not surely better than the base rate{' and the points' if POINTS in evidence.volume.ways else ''}"


def _describe_unreached(evidence: Evidence) -> str:
    together = f"all leads together convert at {format_percent(evidence.tested.load.conversion)}"
    return f"No threshold surely reaches {evidence.wanted}: {together}"


def _list_model_steps(evidence: Evidence) -> tuple[str, str, str]:
    model, today, weekly = evidence.model, evidence.today, evidence.tested.unit == "a week"
    as_many = f"{_SET} {format_rounded(today.handed.leads)}`" if today is not None and today.handed.leads else f"{_SET} N`"
    if not model.may_serve:
        why = f"its probabilities are {_describe_unproven(evidence)}"
        promote = f"Let it serve: `predictor models promote NAME`. It does not by itself: {why}."
        return ("Work leads in the order of the model, the best first.", promote, _WATCH)
    if not model.reaches:
        today_too = evidence.volume.source == "gate"
        which = "as many leads as today, the best first" if today_too else "as many leads as sales can work, the best first"
        agree = f"Agree with sales on a conversion that these leads reach, and set it in `[threshold]`: {evidence.wanted} is too much."
        return (f"Hand over {which}{f': {as_many}' if weekly else ''}.", agree, _WATCH)
    if MODEL not in evidence.proposals or model.threshold == 0:
        limit = (
            f"If sales cannot work them all, hand over the best: {as_many}."
            if weekly
            else "If that is too many, hand over the best."
        )
        why = f"all together convert at {format_percent(evidence.tested.load.conversion)}, so none is left out"
        return (f"Work leads in the order of the model, the best first: {why}.", limit, _WATCH)
    handed = evidence.proposals[MODEL]
    which = f"the best {format_percent(handed.leads / evidence.tested.load.leads)} of leads by the model"
    if not is_missing(model.threshold):  # the service applies it; the share that it hands over moves with the leads
        exact = f"{model.threshold:g} (the threshold)" if model.ranks_only else format_percent(model.threshold)
        which = f"leads with a probability of {exact} or more"
    first = f"Hand over {which}: the service does so once this model serves."
    if not weekly:
        return (first, f"Tell sales to expect {_describe_load(handed.leads, evidence.tested.unit)}.", _WATCH)
    if today is None or not today.handed.leads or evidence.volume.source != "gate":
        return (first, f"If sales can work more or fewer, set that: {as_many}.", _WATCH)
    sqls = _format_sqls(evidence.volume.ways[MODEL].sqls)
    return (first, f"To hand over as many as today instead, for {sqls} SQLs a week: {as_many}.", _WATCH)


def _describe_keeping(evidence: Evidence) -> str:
    today = evidence.today
    if POINTS not in evidence.volume.ways:
        return "Choose leads as today."
    if today is None or today.gate is None:
        return "Change nothing: hand over leads by your points, as today."
    return f"Change nothing in the CRM: {format_rule(today.gate)}."


def _describe_waiting(kind: Kind, evidence: Evidence) -> str:
    if kind == "not_enough_leads":
        least = max(evidence.tested.rarer, 1)
        return f"Collect outcomes: about {max(math.ceil(FEWEST / least), 2)} times as many leads are needed."
    if kind == "no_signal":
        return _GIVE_MORE
    if _are_same(evidence.volume.gains.get((MODEL, POINTS))):
        return f"The model adds nothing to your points yet. {_GIVE_MORE}"
    return "Let the model score beside your points without deciding, and store the outcomes."


def _describe_ranking(evidence: Evidence) -> str:
    """The story without points: what the model's choice holds, beside all leads."""
    handed, everyone = find_proposal(MODEL, evidence), evidence.tested.load
    if MODEL not in evidence.proposals and not is_missing(evidence.model.best[0]):
        best = format_percent(evidence.model.best[0] * everyone.conversion / BEST)
        return f"Of the best 20 % of the leads {best} become SQLs, of all leads {format_percent(everyone.conversion)}."
    share = handed.leads / everyone.leads
    which = f"The best {format_percent(share)} of the leads"
    load = f", {_describe_load(handed.leads, evidence.tested.unit)}," if evidence.tested.unit == "a week" else ""
    caught = format_percent(handed.sqls / everyone.sqls if everyone.sqls else None)
    rates = f"conversion {format_percent(handed.conversion)} instead of {format_percent(everyone.conversion)} of all leads"
    return f"{which}{load} hold {caught} of all SQLs: {rates}."


def _describe_gain(way: str, gain: Gain | None, evidence: Evidence) -> str:
    """How sure a way finds more SQLs than the points, or fewer, at the volume that sales works."""
    if gain is None or gain.judgement not in (BETTER, SAME, WORSE):
        return "These leads do not show which of the two finds more SQLs."
    low, high, unit = gain.low, gain.high, evidence.tested.unit
    at = _VOLUMES[evidence.volume.source]
    if _are_same(gain):
        return f"{at}, {_NAMES[way]} and your points find equally many SQLs."
    if gain.judgement == SAME:
        ends = f"{_format_sqls(low, sign=True)} to {_format_sqls(high, sign=True)}"
        return f"{at}, there is no clear difference between {_NAMES[way]} and your points: {ends} SQLs {unit} (95 % interval)."
    if gain.judgement == WORSE:
        low, high, way = -high, -low, POINTS
    ends = f"{_format_sqls(low)} to {_format_sqls(high)}"
    return f"{at}, {_NAMES[way]} surely {_verb(way)} more: {ends} SQLs {unit} (95 % interval)."


def _are_same(gain: Gain | None) -> bool:
    """Whether two ways find the same SQLs, whichever leads are drawn."""
    return gain is not None and gain.judgement == SAME and {_format_sqls(gain.low), _format_sqls(gain.high)} == {_format_sqls(0.0)}


def _describe_change(unit: str, new: Handed, old: Handed) -> str:
    same = _format_leads(new.leads) == _format_leads(old.leads)
    before = ", as today" if same else f" instead of {_format_leads(old.leads)}"
    return f"{_describe_load(new.leads, unit)}{before}: {_describe_result(new, old, 'as today')}"


def _describe_result(new: Handed, old: Handed, same: str) -> str:
    """SQLs and conversion beside those before; `same` is said of a figure that does not change."""
    rates = [format_percent(handed.conversion) for handed in (new, old)]
    sqls = [_format_sqls(handed.sqls) for handed in (new, old)]
    return f"{sqls[0]} SQLs {_describe_before(*sqls, same)}, conversion {rates[0]} {_describe_before(*rates, same)}"


def _describe_before(new: str, old: str, same: str) -> str:
    return same if new == old else f"instead of {old}"


def _describe_load(leads: float, unit: str) -> str:
    """A number of leads with its unit.

    >>> _describe_load(26.81, "a week"), _describe_load(2.04, "of every 100 leads")
    ('27 leads a week', '2.0 of every 100 leads')
    """
    return f"{_format_leads(leads)} leads a week" if unit == "a week" else f"{_format_leads(leads)} {unit}"


def _format_leads(leads: float) -> str:
    return format_number(leads, 0 if leads >= _WHOLE else 1)


def _format_sqls(figure: float, *, sign: bool = False) -> str:
    """SQLs in a unit, with two decimals where one would hide them.

    >>> _format_sqls(8.62), _format_sqls(0.043), _format_sqls(-0.2, sign=True)
    ('8.6', '0.04', '-0.20')
    """
    return format_number(figure, 2 if 0 < abs(figure) < 0.5 else 1, sign=sign)


def _format_gate(gate: PointsGate | None) -> str:
    return "the one of today" if gate is None or gate.gate is None else f"{gate.gate:g}"


def _verb(way: str) -> str:
    return "finds" if way == MODEL else "find"
