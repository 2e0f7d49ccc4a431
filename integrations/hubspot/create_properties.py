"""Creates the contact properties that an answer is written into. Those that exist stay as they are.

HUBSPOT_TOKEN=... python create_properties.py
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL = "https://api.hubapi.com/crm/v3/properties/contacts/batch/create"
BODY = Path(__file__).parent / "properties.json"


def main(url: str = URL) -> str:
    """Create the properties; returns the answer of HubSpot.

    Raises:
        SystemExit: HubSpot refuses them, with its text.
    """
    headers = {"Authorization": f"Bearer {os.environ['HUBSPOT_TOKEN']}", "Content-Type": "application/json"}
    request = Request(url, data=BODY.read_bytes(), headers=headers, method="POST")  # noqa: S310  HubSpot's own address
    try:
        with urlopen(request) as answer:  # noqa: S310
            text: str = answer.read().decode()
    except HTTPError as error:
        raise SystemExit(f"HubSpot answered {error.code}: {error.read().decode()}") from None
    return text


if __name__ == "__main__":
    print(main())  # noqa: T201
