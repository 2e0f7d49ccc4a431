"""Mailboxes by their domain."""

import pytest

from predictor.data.email_domains import domain_of, kind_of_domain


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("someone@Example.com ", "example.com"),
        ("example.com.", "example.com"),
        ("a@b@c.org", "c.org"),
        ("a@mail.example.co.uk", "mail.example.co.uk"),
        ("no address", None),
        ("localhost", None),
        ("a@localhost", None),
        ("", None),
        (None, None),
        (3.0, None),
        ("a@.com", None),
        ("a@b..com", None),
    ],
)
def test_domains(address, domain):
    assert domain_of(address) == domain


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("gmail.com", "free"),
        ("yahoo.co.in", "free"),
        ("mit.edu", "student"),
        ("ox.ac.uk", "student"),
        ("unimelb.edu.au", "student"),
        ("edu.com", "business"),
        ("ac.com", "business"),
        ("siemens.de", "business"),
        (None, None),
    ],
)
def test_kinds(domain, kind):
    assert kind_of_domain(domain) == kind
