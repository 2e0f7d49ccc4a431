"""What a person does with the page, and reads on it."""


def clean(text):
    return " ".join(text.replace("\u00a0", " ").split())


def read_figures(page):
    """Every figure of the choice as it stands on the page; one that stands in two places says the same in both."""
    figures = {}
    for spot in page.locator("[data-figure]").all():
        name, text = spot.get_attribute("data-figure"), clean(spot.text_content())
        assert figures.setdefault(name, text) == text
    return figures


def move(page, slider, value):
    """As a hand would: the slider stands there, and tells so."""
    page.locator(f"#{slider}").evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')) }", str(value)
    )
