"""Leads with an answer of sales under any name, and which column is taken for it."""

from helpers import draw_leads

from predictor.audit.propose.find_outcome import choose_candidate, list_candidates
from predictor.audit.propose.profile import profile_columns
from predictor.core.settings import make_settings

N = 200
LEADS = draw_leads(N)
ACCEPTED = LEADS["sql_at"].notna()
UNDATED = LEADS.drop(columns=["sql_at", "mql_at"])


def answer(yes, no):
    return ACCEPTED.map({True: yes, False: no}).astype(str)


def rank(table):
    return list_candidates(profile_columns(table, make_settings()))


def choose(table):
    best = choose_candidate(rank(table))
    return best and best.name


def read_output(proposal):
    return [str(finding) for finding in proposal.findings if finding.code == "INIT002"]
