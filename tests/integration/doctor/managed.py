"""A private RabbitMQ node with its management API, which the embedded default goes without."""

from __future__ import annotations

from pathlib import Path

from workers.local.ports import Ports
from workers.local.rabbit import Rabbit
from workers.local.server import Seat


class ManagedRabbit(Rabbit):
    """The same node with the plugin `rabbitmq_management` on a port of its own."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        super().__init__(folder, ports, Seat(("rabbit",)))
        self.port_names = (*self.port_names, "rabbit_management")

    @property
    def management_url(self) -> str:
        """Where its API answers, as `guest`."""
        return self.management_url_of("guest", "guest")

    def management_url_of(self, user: str, password: str) -> str:
        """The same for another user."""
        return f"http://{user}:{password}@127.0.0.1:{self._ports['rabbit_management']}"

    def _write_settings(self, scripts: Path) -> None:
        super()._write_settings(scripts)
        settings = self.folder / "rabbitmq.conf"
        port = self._ports["rabbit_management"]
        listen = f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n"
        settings.write_text(settings.read_text() + listen)
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        # The embedded default leaves every plugin out.
        plugins = (scripts / "rabbitmq-server").resolve().parents[1] / "plugins"
        for plugin in ("management", "management_agent", "web_dispatch"):
            (found,) = plugins.glob(f"rabbitmq_{plugin}-*")
            (self.folder / "home" / "plugins" / found.name).symlink_to(found)
