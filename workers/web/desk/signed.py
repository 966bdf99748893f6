"""What was signed about a request, as the file that whoever asks at the desk may be given."""

from __future__ import annotations

from starlette.responses import Response

from schemas.errors import NotFound
from workers.web.desk.case import record_of
from workers.web.desk.visit import Visit
from workers.web.signed import signed_file


async def file(visit: Visit) -> Response:
    """Its receipt or certificate; neither holds personal data."""
    record, name = await record_of(visit), visit.request.path_params["name"]
    document = None
    if name == "certificate":
        document = record.certificate
    elif name == "receipt":
        document = (await visit.parts.audit_log.receipts([record.id])).get(record.id)
    if document is None:
        raise NotFound("it was not issued, or is not yet")
    return signed_file(name, document)
