# ruff: noqa: INP001 - a program of its own
"""The smallest recipient that is right: takes notices, checks them, does them, settles them.

pip install standardwebhooks starlette uvicorn
SECRET_OUT=whsec_… python recipient.py 8088
"""

import json
import os
import sys

import uvicorn
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

WEBHOOK = Webhook(os.environ["SECRET_OUT"])
SEEN: dict[str, int] = {}  # sequence per person; in a database, with the data itself
PEOPLE: dict[str, dict[str, object]] = {}


async def take(request: Request) -> JSONResponse:
    """One notice."""
    body = await request.body()
    try:  # over the raw body, before anything is parsed; also refuses what is too old
        WEBHOOK.verify(body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return JSONResponse({"error": "signature"}, 401)
    notice = json.loads(body)
    key = str(notice["subject"]["key"])
    if notice["type"] == "test" or notice["sequence"] < SEEN.get(key, 0):
        return JSONResponse({"status": "applied"})  # older than what we know: nothing to do
    match notice["type"]:
        case "correction" | "restriction_lifted":
            PEOPLE.setdefault(key, {}).update(notice["fields"])
        case "deletion" | "restriction":
            for name in notice["fields"]:
                PEOPLE.get(key, {}).pop(name, None)
    SEEN[key] = notice["sequence"]
    return JSONResponse({"status": "applied"})


app = Starlette(routes=[Route("/", take, methods=["POST"])])
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]))
