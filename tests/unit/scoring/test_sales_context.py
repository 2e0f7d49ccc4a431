"""What sales sees of a lead: what it read or attended, where it came from, and the points by rule."""

from datetime import UTC, datetime, timedelta

from predictor.data.values import Event
from predictor.points.award import FiredRule
from predictor.scoring.answer import Lead, PointsAnswer
from predictor.scoring.sales_context import MOST_ACTIVITIES, Activity, EarnedPoints, compute_sales_context

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


def ago(days, kind, asset=None, campaign=None):
    return Event(NOW - timedelta(days=days), kind, asset, campaign=campaign)


def compute(*events, points=None, **attributes):
    return compute_sales_context(Lead("A17", NOW, attributes, events=events), points)


def test_activities_are_listed_once_each_newest_first():
    context = compute(
        ago(9, "content_download", "Buyer's guide"),
        ago(2, "webinar_attended"),
        ago(5, "content_download", "buyer's guide "),
        ago(4, "page_view"),
        ago(3, "page_view", "/pricing"),
    )
    assert context.activities == (
        Activity("webinar_attended", asset=None, times=1, last_at=NOW - timedelta(days=2)),
        Activity("page_view", asset="/pricing", times=1, last_at=NOW - timedelta(days=3)),
        Activity("content_download", asset="buyer's guide ", times=2, last_at=NOW - timedelta(days=5)),
    )


def test_events_after_the_moment_are_left_out():
    context = compute(ago(-1, "webinar_attended", "Tour", "Summer"), ago(0, "webinar_attended", "Tour", "Spring"))
    assert context.activities == (Activity("webinar_attended", asset="Tour", times=1, last_at=NOW),)
    assert context.campaign == "Spring"


def test_only_the_newest_activities_are_listed():
    context = compute(*[ago(day, "blog_view", f"Post {day}") for day in range(30)])
    assert [activity.asset for activity in context.activities] == [f"Post {day}" for day in range(MOST_ACTIVITIES)]


def test_source_and_campaign_come_from_attributes_first():
    context = compute(ago(1, "email_click", None, "Newsletter"), LeadSource=" Web ", utm_campaign="Launch", source="other")
    assert (context.source, context.campaign) == ("Web", "Launch")
    context = compute(ago(5, "email_click", None, "Old"), ago(1, "email_click", None, "New"), source=7, campaign="")
    assert (context.source, context.campaign) == (None, "New")


def test_the_rule_with_the_most_points_comes_first():
    fired = (
        FiredRule("Student", "title", -10, count=1),
        FiredRule("Webinar", "events", 10, count=2),
        FiredRule("Pricing", "events", 40, count=3),
    )
    context = compute(points=PointsAnswer(total=40, gate=60, decision="nurture", fired=fired))
    assert context.earned == (EarnedPoints("Pricing", 40, 3), EarnedPoints("Webinar", 10, 2), EarnedPoints("Student", -10, 1))
