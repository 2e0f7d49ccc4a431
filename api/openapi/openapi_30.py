"""`/openapi-3.0.json`: the document of the API in OpenAPI 3.0, or with `?crm=salesforce` that of the serving model."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from ..error_codes import WRONG_FIELD, RefusalError
from ..http.auth import check_access
from ..serving.service import find_service
from .describe import make_openapi, to_openapi_30
from .salesforce import make_salesforce_document


def read_openapi_30(request: Request) -> JSONResponse:
    """The document. That of the model names its fields, so it needs a key that scores.

    Raises:
        RefusalError: 401 or 403 without such a key, 422 for another CRM, 503 without a model.
    """
    crm = request.query_params.get("crm")
    if crm is None:
        return JSONResponse(to_openapi_30(make_openapi(request.app)))
    if crm != "salesforce":
        raise RefusalError(422, WRONG_FIELD, "Query parameter 'crm' must be 'salesforce', or left out.")
    check_access(request, "score")
    server = str(request.base_url).rstrip("/")
    return JSONResponse(make_salesforce_document(find_service(request).scorer, version=request.app.version, server=server))
