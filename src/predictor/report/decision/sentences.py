"""The sentences of a decision: title, trade in weekly figures, and how sure it is."""

from __future__ import annotations

from predictor.core.errors import count
from predictor.core.wording import format_percent, format_share, is_missing
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS
from predictor.report.decision.evidence import BEST, FEWEST, Evidence, Gain, Handed, Kind
from predictor.report.decision.figures import are_same, describe_change, describe_load, describe_result, format_gate, format_sqls
from predictor.report.table_cells import BETTER, SAME, WORSE

_NAMES = {POINTS: "your points", LEARNED: "the learned points", MODEL: "the model"}
_VOLUMES = {
    "capacity": "With as many leads as sales can work",
    "gate": "With as many leads as today",
    "threshold": "With as many leads as the model's threshold hands over",
    "new gate": "With as many leads as your points would hand over from a gate that keeps the policy",
    "half": "With as many leads each",
}
_WHY_NOT: dict[Kind, str] = {
    "no_signal": "It ranks the test leads no better than chance, so it cannot choose among them.",
    "not_enough_leads": f"A test needs {FEWEST} SQLs and {FEWEST} other leads before anything follows from it.",
}


def make_title(kind: Kind, evidence: Evidence) -> str:
    """What to do, in a line."""
    tested, today = evidence.tested, evidence.today
    gate = "" if today is None or today.gate is None else f" and their gate of {format_gate(today)}"
    return {
        "keep_points": f"Keep your points{gate}",
        "change_gate": f"Keep your points, and change their gate from {format_gate(today)} to {format_gate(evidence.advised)}",
        "use_learned_points": "Use the learned points: your rules with better numbers",
        "use_model": _title_model(evidence),
        "not_enough_leads": f"Not enough leads to decide: {count(tested.sqls, 'SQL')} among {count(tested.leads, 'test lead')}",
        "no_signal": "The model found no signal: choose leads as today",
    }[kind]


def _title_model(evidence: Evidence) -> str:
    """Without points what the best leads hold or, where most leads are worth working, what the others do not."""
    if POINTS in evidence.volume.ways:
        return "Use the model to choose leads, in place of your points"
    handed, everyone = evidence.proposals.get(MODEL), evidence.tested.load
    if handed is None or handed.leads <= everyone.leads / 2:
        return f"Rank leads by the model: the best 20 % hold {format_percent(evidence.model.best[0])} of all SQLs"
    worst, theirs = 1 - handed.leads / everyone.leads, 1 - handed.sqls / everyone.sqls
    return f"Leave out the worst {format_percent(worst)} of leads by the model: they hold {format_percent(theirs)} of all SQLs"


def describe_trade(kind: Kind, evidence: Evidence) -> str:
    """What the decision brings, in weekly figures; where nothing follows, why."""
    today, unit = evidence.today, evidence.tested.unit
    if kind in _WHY_NOT:
        return _WHY_NOT[kind]
    if POINTS not in evidence.volume.ways:
        return _describe_ranking(evidence)
    if kind == "keep_points" or today is None or not today.handed.leads:
        return _describe_same_volume(kind, evidence)
    if kind == "change_gate" and evidence.advised is not None:
        return describe_change(unit, evidence.advised.handed, today.handed)
    return describe_change(unit, find_proposal(_find_rival(kind, evidence), evidence), today.handed)


def _describe_same_volume(kind: Kind, evidence: Evidence) -> str:
    """What a way and the points find with as many leads."""
    way, ways = _find_rival(kind, evidence), evidence.volume.ways
    chosen, rival = ways[way], ways[POINTS]
    who = "as today" if evidence.volume.source == "gate" else "whoever chooses"
    load = f"{describe_load(chosen.leads, evidence.tested.unit)}, {who}"
    if kind != "keep_points":
        return f"{load}: {describe_result(chosen, rival, 'either way')}."
    found, theirs, rate = format_sqls(chosen.sqls), format_sqls(rival.sqls), format_percent(chosen.conversion)
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
        texts.append(f"But its probabilities are {describe_unproven(evidence)}, so it may not serve yet.")
    if kind == "use_model" and (model.ranks_only or not model.may_serve):
        why = "are not right yet" if model.may_serve else f"are {describe_unproven(evidence)}"
        texts.append(f"Use its order of leads, not its probabilities: these {why}.")
    elif kind == "use_model" and model.reaches and not model.holds and MODEL in evidence.proposals:
        texts.append(f"It is not sure that new leads keep {evidence.wanted}.")
    return " ".join((*texts, *evidence.caveats))


def describe_today(evidence: Evidence) -> str:
    """What happens today: the gate with its leads, or all leads where there is none."""
    today, tested = evidence.today, evidence.tested
    if today is None:
        load = f"{describe_load(tested.load.leads, tested.unit)}, of which " if tested.unit == "a week" else ""
        return f"All {count(tested.leads, 'test lead')} together: {load}{format_percent(tested.load.conversion)} became SQLs."
    name = "Today's gate" if today.gate is None else f"Today's gate of {format_gate(today)} points"
    if not today.handed.leads:
        return f"{name} hands over no lead."
    share = format_share(today.handed.conversion, today.handed.low, today.handed.high)
    return f"{name} hands over {describe_load(today.handed.leads, tested.unit)}, of which {share} become SQLs."


def _find_rival(kind: Kind, evidence: Evidence) -> str:
    """The way that is compared with the points: the one to use or, where they stay, the better of the others."""
    if kind == "use_model":
        return MODEL
    if kind == "use_learned_points":
        return LEARNED
    others = [way for way in (MODEL, LEARNED) if (way, POINTS) in evidence.volume.gains]
    return max(others, key=lambda way: evidence.volume.gains[way, POINTS].mean, default=MODEL)


def describe_unproven(evidence: Evidence) -> str:
    """What probabilities are that may not serve."""
    return f"not surely better than the base rate{' and the points' if POINTS in evidence.volume.ways else ''}"


def _describe_unreached(evidence: Evidence) -> str:
    together = f"all leads together convert at {format_percent(evidence.tested.load.conversion)}"
    return f"No threshold surely reaches {evidence.wanted}: {together}"


def _describe_ranking(evidence: Evidence) -> str:
    """The story without points: what the model's choice holds, beside all leads."""
    handed, everyone = find_proposal(MODEL, evidence), evidence.tested.load
    if MODEL not in evidence.proposals and not is_missing(evidence.model.best[0]):
        best = format_percent(evidence.model.best[0] * everyone.conversion / BEST)
        return f"Of the best 20 % of the leads {best} become SQLs, of all leads {format_percent(everyone.conversion)}."
    share = handed.leads / everyone.leads
    which = f"The best {format_percent(share)} of the leads"
    load = f", {describe_load(handed.leads, evidence.tested.unit)}," if evidence.tested.unit == "a week" else ""
    caught = format_percent(handed.sqls / everyone.sqls if everyone.sqls else None)
    rates = f"conversion {format_percent(handed.conversion)} instead of {format_percent(everyone.conversion)} of all leads"
    return f"{which}{load} hold {caught} of all SQLs: {rates}."


def _describe_gain(way: str, gain: Gain | None, evidence: Evidence) -> str:
    """How sure a way finds more SQLs than the points, or fewer, at the volume that sales works."""
    if gain is None or gain.judgement not in (BETTER, SAME, WORSE):
        return "These leads do not show which of the two finds more SQLs."
    low, high, unit = gain.low, gain.high, evidence.tested.unit
    at = _VOLUMES[evidence.volume.source]
    if are_same(gain):
        return f"{at}, {_NAMES[way]} and your points find equally many SQLs."
    if gain.judgement == SAME:
        ends = f"{format_sqls(low, sign=True)} to {format_sqls(high, sign=True)}"
        return f"{at}, there is no clear difference between {_NAMES[way]} and your points: {ends} SQLs {unit} (95 % interval)."
    if gain.judgement == WORSE:
        low, high, way = -high, -low, POINTS
    ends = f"{format_sqls(low)} to {format_sqls(high)}"
    return f"{at}, {_NAMES[way]} surely {_verb(way)} more: {ends} SQLs {unit} (95 % interval)."


def _verb(way: str) -> str:
    return "finds" if way == MODEL else "find"
