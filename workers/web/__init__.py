"""Pages and endpoints: what comes in over HTTP.

`app` lists every address. `acks` takes recipients' acknowledgements, `processors` callbacks of
OpenDSR, `disclosures` asks the gate, `recipients` is a recipient's own page; `links`,
`signed` and `packages` serve the links of mails, `desk` is for staff, `health` tells whether
this process can do its work. A page looks the same whatever it was asked for, no GET changes
anything, and no link is made from what a request says about its host.

Another page: a template in `templates/` that extends `layout.html` and says its words in English
within `_("…")`; an endpoint that returns `pages.show(request, "folder/name", fact=…)`; a route in
`app`; then `make words`, and the Korean in `locale/ko/LC_MESSAGES/`.
"""

from workers.web.app import GROUPS, create_app
from workers.web.figures import figures_app, watched
from workers.web.parts import Form, Parts, ThirdParties
from workers.web.server import serve

__all__ = [
    "GROUPS",
    "Form",
    "Parts",
    "ThirdParties",
    "create_app",
    "figures_app",
    "serve",
    "watched",
]
