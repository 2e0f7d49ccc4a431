"""Writes the registration of the External Service from the document of the serving model.

python make_registration.py https://predictor.example.com KEY
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.request import Request, urlopen
from xml.sax.saxutils import escape

OUT = Path(__file__).parent / "force-app/main/default/externalServiceRegistrations/Predictor.externalServiceRegistration-meta.xml"


def make_registration(document: dict[str, object]) -> str:
    """The registration as Salesforce's metadata has it, with the document inside."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ExternalServiceRegistration xmlns="http://soap.sforce.com/2006/04/metadata">
    <label>Predictor</label>
    <namedCredential>Predictor</namedCredential>
    <registrationProviderType>Custom</registrationProviderType>
    <schema>{escape(json.dumps(document))}</schema>
    <schemaType>OpenApi3</schemaType>
    <status>Complete</status>
</ExternalServiceRegistration>
"""


def main(server: str, key: str) -> None:
    """Fetch the document and write the registration."""
    request = Request(f"{server}/openapi-3.0.json?crm=salesforce", headers={"X-API-Key": key})  # noqa: S310  the operator's own URL
    with urlopen(request) as answer:  # noqa: S310
        document = json.load(answer)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(make_registration(document), encoding="utf-8")
    print(f"Written: {OUT}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
