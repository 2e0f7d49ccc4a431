"""Progress: a bar where a line can be drawn over, nothing but the step elsewhere."""

from predictor.cli.console import Steps


def test_a_bar_shows_how_much_of_the_step_is_done():
    shown = []
    steps = Steps(shown.append, bars=True)
    steps("Tuning [x]")
    steps.advance(0.5)
    assert shown[0] == "Tuning \\[x]"
    assert shown[1] == f"Tuning \\[x] [cyan]{'━' * 15}[/][dim]{'━' * 15}[/] 50 %"


def test_a_log_gets_the_step_alone():
    shown = []
    steps = Steps(shown.append, bars=False)
    steps("Tuning")
    steps.advance(1.0)
    assert shown == ["Tuning"]
