"""The kind of a lead's mailbox, from its domain alone; the address itself is never kept."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files


@cache
def list_free_domains() -> frozenset[str]:
    """The domains of mailboxes that anybody can have.

    >>> "gmail.com" in list_free_domains()
    True
    """
    lines = files("predictor.data").joinpath("email_domains.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def domain_of(address: object) -> str | None:
    """The domain of an e-mail address or of a bare domain; None when there is none.

    >>> domain_of("someone@Example.com "), domain_of("example.com"), domain_of("no address"), domain_of(None)
    ('example.com', 'example.com', None, None)
    """
    if not isinstance(address, str):
        return None
    domain = address.strip().casefold().rpartition("@")[2].rstrip(".")
    return domain if "." in domain and " " not in domain and all(domain.split(".")) else None


@lru_cache(maxsize=4096)
def kind_of_domain(domain: str | None) -> str | None:
    """`free`, `student` or `business`; None for no domain.

    >>> [kind_of_domain(domain) for domain in ("gmail.com", "mit.edu", "ox.ac.uk", "example.com", None)]
    ['free', 'student', 'student', 'business', None]
    """
    if domain is None:
        return None
    if domain in list_free_domains():
        return "free"
    parts = domain.split(".")
    if parts[-1] == "edu" or (len(parts) > 2 and parts[-2] in {"edu", "ac"}):
        return "student"
    return "business"
