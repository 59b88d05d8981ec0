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


def test_doctor_fails_when_the_snapshot_lost_a_file(mugs):
    next((mugs.home / "snapshots").glob("0*/order_value.parquet")).unlink()
    said = mugs("doctor", "--json", code=1).json
    assert states(said)["snapshot"] == "fail"


def cut(path):
    """As a full disk or a broken copy leaves a file."""
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize(
    "name",
    [
        "order_value.parquet",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("values.parquet", "manifest.json")),
    ],
)
def test_a_damaged_snapshot_is_said_so_and_the_next_build_mends_it(mugs, name):
    cut(mugs.home / "snapshots" / "current" / name)
    asked = ("rows", "M18", "--unit", "1") if name == "order_value.parquet" else ("scorecard",)
    said = " ".join(mugs(*asked, code=1).err.split())
    assert "the snapshot is damaged" in said and name in said and "Run `holdfast build`" in said
    assert "unexpected" not in said
    failed = {c["name"]: c for c in mugs("doctor", "--json", code=1).json["checks"] if c["state"] == "fail"}
    assert "the snapshot is damaged" in failed["snapshot"]["said"]
    mugs("build")
    assert "Repeat purchase" in mugs("explain", "M18").out
    mugs("doctor")


def test_doctor_finds_a_landed_file_that_was_cut_short(terminal, orders):
    terminal("import", orders)
    cut(terminal.home / "landed" / "000001" / "order_line.parquet")
    failed = {c["name"]: c for c in terminal("doctor", "--json", code=1).json["checks"] if c["state"] == "fail"}
    assert "order_line.parquet is damaged" in failed["landed"]["said"]


def test_doctor_names_a_past_report_that_cannot_be_read_and_reports_leave_it_out(mugs):
    mugs("build")
    first = sorted((mugs.home / "values").iterdir())[0]
    cut(first)
    assert first.name in " ".join(c["said"] for c in mugs("doctor", "--json").json["checks"])
    assert len(mugs("explain", "M11", "--json").json["reported"]) == 1


def test_doctor_says_when_imports_are_newer_than_the_snapshot(mugs, orders, tmp_path):
    assert states(mugs("doctor", "--json").json)["snapshot"] == "ok"
    more = tmp_path / "more.csv"
    more.write_text(orders.read_text().replace("3,ana", "4,cy"))
    mugs("import", more, "--shop", "Mugs")
    assert states(mugs("doctor", "--json").json)["snapshot"] == "warn"


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
        assert "leaked" not in served.stderr.read()
    with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port), timeout=2):
        pass
