"""doctor and serve."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from holdfast.cli.failure import CannotBeDone
from holdfast.cli.serve import listen


def states(said):
    return {check["name"]: check["state"] for check in said["checks"]}


def test_doctor_finds_a_fresh_home_sound_and_says_what_comes_next(terminal):
    terminal("init")
    said = terminal("doctor", "--json").json
    assert said["healthy"]
    assert states(said)["snapshot"] == "warn"
    assert "holdfast import FILE" in terminal("doctor").out


def test_doctor_fails_without_a_home(terminal):
    said = terminal("doctor", "--json", code=1)
    assert states(said.json)["home"] == "fail"


def test_doctor_fails_when_others_can_read_a_secret_and_says_how_to_shut_it(terminal):
    terminal("init")
    (terminal.home / "salt").chmod(0o644)
    said = terminal("doctor", code=1)
    assert "chmod 600" in said.out
    assert "▲ fail" in said.out


def test_doctor_fails_when_the_snapshot_lost_a_file(terminal, orders):
    terminal("import", orders)
    terminal("build")
    next((terminal.home / "snapshots").glob("0*/order_value.parquet")).unlink()
    said = terminal("doctor", "--json", code=1).json
    assert states(said)["snapshot"] == "fail"


def test_doctor_says_when_imports_are_newer_than_the_snapshot(terminal, orders, tmp_path):
    terminal("import", orders)
    terminal("build")
    assert states(terminal("doctor", "--json").json)["snapshot"] == "ok"
    more = tmp_path / "more.csv"
    more.write_text(orders.read_text().replace("3,ana", "4,cy"))
    terminal("import", more)
    assert states(terminal("doctor", "--json").json)["snapshot"] == "warn"


def test_a_taken_port_gives_the_next_free_one():
    with listen("127.0.0.1", 0) as first:
        taken = first.getsockname()[1]
        with listen("127.0.0.1", taken) as second:
            assert taken < second.getsockname()[1] <= taken + 50


def test_a_host_that_is_not_ours_is_said_in_a_sentence():
    with pytest.raises(CannotBeDone, match="--host"):
        listen("no.such.host.invalid", 8000)


@pytest.mark.slow
def test_serve_answers_prints_the_welcome_link_last_and_stops_cleanly(terminal):
    """The last line on stdout is the address, once it answers; SIGTERM leaves no process behind."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-c",
        "from holdfast.cli.app import main; main()",
        "serve",
        "--port",
        str(port),
        "--json",
    ]
    env = os.environ | {"HOLDFAST_HOME": str(terminal.home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as served:
        said = ""
        began = time.monotonic()
        while not said.rstrip().endswith("}") and time.monotonic() - began < 120:
            said += served.stdout.readline()
        welcome = json.loads(said)["welcome"]
        assert "/welcome/?token=" in welcome
        with urllib.request.urlopen(welcome, timeout=30) as page:
            assert page.status == 200
        served.send_signal(signal.SIGTERM)
        assert served.wait(30) == 0
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port), timeout=2):
        pass
