"""What a sales person is told of a lead: what it read, where it came from, what earned its points."""

from datetime import UTC, datetime, timedelta

from predictor.data.values import Event
from predictor.points.award import Fired
from predictor.scoring.answer import Lead, PointsAnswer
from predictor.scoring.sales_context import MOST_ACTIVITIES, Activity, Earned, compute_sales_context

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


def ago(days, kind, asset=None, campaign=None):
    return Event(NOW - timedelta(days=days), kind, asset, campaign)


def tell(*events, points=None, **attributes):
    return compute_sales_context(Lead("A17", NOW, attributes, None, events), points)


def test_what_was_read_or_attended_newest_first_each_once():
    told = tell(
        ago(9, "content_download", "Buyer's guide"),
        ago(2, "webinar_attended"),
        ago(5, "content_download", "buyer's guide "),
        ago(4, "page_view"),
        ago(3, "page_view", "/pricing"),
    )
    assert told.activities == (
        Activity("webinar_attended", None, 1, NOW - timedelta(days=2)),
        Activity("page_view", "/pricing", 1, NOW - timedelta(days=3)),
        Activity("content_download", "buyer's guide ", 2, NOW - timedelta(days=5)),
    )


def test_what_comes_after_the_moment_is_not_told():
    told = tell(ago(-1, "webinar_attended", "Tour", "Summer"), ago(0, "webinar_attended", "Tour", "Spring"))
    assert told.activities == (Activity("webinar_attended", "Tour", 1, NOW),)
    assert told.campaign == "Spring"


def test_only_the_newest_are_told():
    told = tell(*[ago(day, "blog_view", f"Post {day}") for day in range(30)])
    assert [activity.asset for activity in told.activities] == [f"Post {day}" for day in range(MOST_ACTIVITIES)]


def test_source_and_campaign_are_attributes_first():
    told = tell(ago(1, "email_click", None, "Newsletter"), LeadSource=" Web ", utm_campaign="Launch", source="other")
    assert (told.source, told.campaign) == ("Web", "Launch")
    told = tell(ago(5, "email_click", None, "Old"), ago(1, "email_click", None, "New"), source=7, campaign="")
    assert (told.source, told.campaign) == (None, "New")


def test_what_earned_most_comes_first():
    fired = (Fired("Student", "title", -10, 1), Fired("Webinar", "acts", 10, 2), Fired("Pricing", "acts", 40, 3))
    told = tell(points=PointsAnswer(40, 60, "nurture", fired))
    assert told.earned == (Earned("Pricing", 40, 3), Earned("Webinar", 10, 2), Earned("Student", -10, 1))
