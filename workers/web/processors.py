"""Callbacks of processors that speak OpenDSR 2.0: `POST /opendsr/callbacks/<id>`.

1. Form: at most 16 KB.
2. Signature: by the certificate that we hold of the processor whose domain it names; until then the
   body is not read and nothing is looked up.
3. Content: a status, of the request that the address names, sent to the address that we gave.
4. Notice: it exists and is that processor's. If not, one answer for all cases.
5. The stage decides. OpenDSR has no time in its signature: said again, a status has no effect, and
   a settled notice is not unsettled, so that an old callback changes nothing.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from schemas.datamap import DataMap, OpenDsrTransport
from schemas.errors import Refused
from schemas.messages import Acknowledge
from schemas.notice import NoticeAnswer
from schemas.opendsr import MEANS, ProcessorStatus, read_status
from workers.hearing import hear
from workers.runtime.house import House
from workers.web.acks import LARGEST, find_notice
from workers.web.bodies import read_body
from workers.web.parts import Processors


class Callbacks:
    """The endpoint."""

    def __init__(self, house: House, datamap: DataMap, processors: Processors) -> None:
        self._house = house
        self._datamap = datamap
        self._processors = processors

    async def take(self, request: Request) -> Response:
        """Check in order, then hand it to the stage."""
        # 1. Form
        body = await read_body(request, LARGEST)

        # 2. Signature
        signers = self._processors.who(request.headers, body)
        if not signers:
            return JSONResponse({"error": "signature"}, 403)

        # 3. Content
        try:
            said = read_status(body)
        except Refused:
            return JSONResponse({"error": "content"}, 400)

        # 4. Notice
        name = request.path_params["notice"]
        url = f"{self._house.tools.policy.public_url}/opendsr/callbacks/{name}"
        is_ours = (said.subject_request_id, said.status_callback_url) == (name, url)
        found = await find_notice(self._house, name) if is_ours else None
        if found is None or found[0] not in signers or not self._is_us(found[0], said):
            raise HTTPException(404)

        # 5. Decision
        status = MEANS[said.request_status]
        if status != "delivered":
            settled = Acknowledge(name, found[0], NoticeAnswer(status=status))
            await hear(self._house, "propagation", settled)
        return Response(status_code=202)

    def _is_us(self, recipient: str, said: ProcessorStatus) -> bool:
        transport = self._datamap.recipients[recipient].transport
        return isinstance(transport, OpenDsrTransport) and (
            transport.controller_id == said.controller_id
        )
