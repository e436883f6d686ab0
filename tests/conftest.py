"""What holds for every test: no network, and a reason for each test that is not run."""

import ipaddress
import os
import socket

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code. Where changes are
# judged, the same examples are tried each time; elsewhere new ones are looked for.
settings.register_profile("openluke", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("openluke")

LOOPBACK_NAMES = {"", "localhost", "localhost.localdomain"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine or this run is not meant to do, and say why."""
    if not _asked_for("slow", config=config):
        _skip(items, marker="slow", reason="slow: run it with -m slow or OPENLUKE_SLOW=1")
    if os.environ.get("OPENLUKE_NETWORK") != "1":
        _skip(items, marker="network", reason="needs a model hub: run it with OPENLUKE_NETWORK=1")
    if any(item.get_closest_marker("gpu") for item in items) and not _has_cuda():
        _skip(items, marker="gpu", reason="needs a CUDA device: torch finds none")


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that reaches for another machine, unless it is marked ``network``."""
    if request.node.get_closest_marker("network"):
        return

    def guarded(name, place):
        real = getattr(socket.socket, name)

        def call(self, *args):
            if self.family in (socket.AF_INET, socket.AF_INET6):
                _refuse_foreign(args[place][0])
            return real(self, *args)

        return call

    def getaddrinfo(host, *args, **kwargs):
        _refuse_foreign(host)
        return real_getaddrinfo(host, *args, **kwargs)

    real_getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name, place in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        monkeypatch.setattr(socket.socket, name, guarded(name, place))


def _refuse_foreign(host) -> None:
    """Fail the test unless the host is this machine.

    ``pytest.fail`` is no ``Exception``: the code under test cannot swallow it.
    """
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
    if name in LOOPBACK_NAMES or _is_loopback(name):
        return
    pytest.fail(
        f"this test reaches for the network (host {name!r}); use a file or a stand-in, "
        "or mark the test with @pytest.mark.network"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _asked_for(marker: str, *, config: pytest.Config) -> bool:
    wanted = config.getoption("markexpr", default="")
    return marker in wanted or os.environ.get(f"OPENLUKE_{marker.upper()}") == "1"


def _skip(items: list[pytest.Item], *, marker: str, reason: str) -> None:
    for item in items:
        if item.get_closest_marker(marker):
            item.add_marker(pytest.mark.skip(reason=reason))


def _has_cuda() -> bool:
    import torch  # noqa: PLC0415 - slow to import, and only tests of the model need it

    return torch.cuda.is_available()
