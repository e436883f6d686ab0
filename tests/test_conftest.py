"""The tests' own rules: the network is shut, and what is not run says why."""

import socket

import pytest

HOST = "192.0.2.1"  # an address kept for documentation: no machine has it


def test_connecting_to_another_machine_fails_the_test():
    with socket.socket() as client, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        client.connect((HOST, 80))


def test_sending_to_another_machine_fails_the_test():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as client,
        pytest.raises(pytest.fail.Exception, match="reaches for the network"),
    ):
        client.sendto(b"hello", (HOST, 9))


def test_asking_for_a_name_fails_the_test_even_where_errors_are_swallowed():
    def careless():
        try:
            socket.create_connection(("models.example", 443), timeout=1)
        except Exception:  # noqa: BLE001 - the fault that must not hide a connection
            return "no network, never mind"

    with pytest.raises(pytest.fail.Exception, match=r"models\.example"):
        careless()


def test_this_machine_may_be_reached():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()[:2], timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()


def run(pytester, *arguments):
    pytester.makeini("[pytest]\nmarkers = slow: x\n  gpu: x\n  network: x\n")
    pytester.makepyfile(
        """
        import socket, pytest

        CONNECT = socket.socket.connect

        @pytest.mark.slow
        def test_slow(): ...

        @pytest.mark.network
        def test_network(): assert socket.socket.connect is CONNECT

        def test_plain(): assert socket.socket.connect is not CONNECT
        """
    )
    return pytester.runpytest("-rs", *arguments)


@pytest.fixture
def suite(pytester, request, monkeypatch):
    monkeypatch.delenv("OPENLUKE_SLOW", raising=False)
    monkeypatch.delenv("OPENLUKE_NETWORK", raising=False)
    conftest = (request.config.rootpath / "tests" / "conftest.py").read_text(encoding="utf-8")
    pytester.makeconftest(conftest)
    return pytester


def test_slow_and_network_tests_are_skipped_with_a_reason(suite):
    result = run(suite)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["*OPENLUKE_NETWORK=1*"])
    result.stdout.fnmatch_lines(["*OPENLUKE_SLOW=1*"])


def test_slow_tests_run_when_asked_for(suite):
    run(suite, "-m", "slow").assert_outcomes(passed=1, deselected=2)


def test_network_tests_run_when_asked_for(suite, monkeypatch):
    monkeypatch.setenv("OPENLUKE_NETWORK", "1")
    run(suite, "-m", "network").assert_outcomes(passed=1, deselected=2)
