"""What the image's health check runs: it asks the process on a port whether it lives.

The standard library alone, since it is started every few seconds. Usage: health.py PORT [PATH]
"""

import http.client
import sys

port, path = int(sys.argv[1]), (*sys.argv[2:], "/healthz")[0]
try:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    connection.request("GET", path)
    status = connection.getresponse().status
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"nothing healthy on port {port}: {type(error).__name__}")
sys.exit(0 if status == http.client.OK else f"port {port} answers {status}")
