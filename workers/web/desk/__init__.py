"""The desk: pages for the people who work there, and for nobody else.

`routes` lists every page with the role that it takes. `guard` lets in whoever is signed in, may see
the page, and (for what a button sends) comes from a page of ours. The other modules are a group of
pages each; what they do is `workers.desk`, as on the command line.
"""

from workers.web.desk.routes import desk_routes

__all__ = ["desk_routes"]
