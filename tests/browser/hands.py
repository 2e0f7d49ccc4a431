"""What a person does with the page, and reads on it."""


def clean(text):
    return " ".join(text.replace("\u00a0", " ").split())


def read_figures(page):
    """Every figure beside the sliders; one that is on the page twice has the same text in both places."""
    figures = {}
    for spot in page.locator("[data-figure]").all():
        name, text = spot.get_attribute("data-figure"), clean(spot.text_content())
        assert figures.setdefault(name, text) == text
    return figures


def move(page, slider, value):
    """Move a slider as a person does: set its value and fire its event."""
    page.locator(f"#{slider}").evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')) }", str(value)
    )
