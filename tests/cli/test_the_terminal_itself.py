"""Real processes: exit codes, streams, no traceback, and how fast help answers."""

import json
import os
import subprocess
import sys

import pytest

COMMANDS = [
    "init", "import", "build", "scorecard", "explain", "rows", "series", "breakdown", "serve", "doctor", "rejects",
    "loads", "metrics",
]  # fmt: skip

PROGRAM = "import sys; sys.argv[0] = 'holdfast'; from holdfast.cli.app import main; main()"


def holdfast(*words, home, **env):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        capture_output=True, text=True, env=os.environ | {"HOLDFAST_HOME": str(home)} | env, timeout=120,
    )  # fmt: skip


def test_help_needs_nothing_heavy():
    script = (
        "import sys; from typer.testing import CliRunner; from holdfast.cli.app import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print([m for m in ('duckdb', 'ibis', 'django', 'numpy', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, terminal):
    out = terminal(command, "--help").out
    assert f"Example: holdfast {command}" in out
    assert "--json" in out


def test_help_says_what_the_exit_codes_mean(terminal):
    assert "3 another writer" in " ".join(terminal("--help").out.split())


def test_the_version_is_printed(terminal):
    assert terminal("--version").out.startswith("holdfast 0.")


def test_a_failure_is_one_sentence_on_stderr_and_one_document_for_machines(tmp_path):
    done = holdfast("build", "--json", home=tmp_path / "home")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert "holdfast init" in said["error"]
    assert len(done.stderr.splitlines()) == 1


def test_a_mistyped_command_is_wrong_use_also_for_machines(tmp_path):
    done = holdfast("biuld", "--json", home=tmp_path / "home")
    assert done.returncode == 2
    assert "build" in json.loads(done.stdout)["error"]
    assert "Traceback" not in done.stderr


def test_a_home_that_is_a_file_is_said_without_a_traceback(tmp_path):
    path = tmp_path / "home"
    path.write_text("not a folder")
    done = holdfast("init", home=path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(path) in done.stderr


def test_settings_that_cannot_be_read_are_said_with_their_place(tmp_path, terminal, orders):
    terminal("init")
    (terminal.home / "holdfast.toml").write_text("[[shop]\n")
    done = holdfast("import", orders, home=terminal.home)
    assert done.returncode == 1
    assert "holdfast.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_progress_in_a_log_is_plain_lines_on_stderr(tmp_path, orders):
    done = holdfast("import", orders, home=tmp_path / "home")
    assert "importing: reading orders.csv" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert "rows read" in done.stdout


def test_shops_and_metrics_complete_in_the_shell(terminal, orders):
    terminal("import", orders, "--shop", "Mugs")
    asked = {"_HOLDFAST_COMPLETE": "complete_bash", "COMP_CWORD": "3"}
    shops = holdfast(home=terminal.home, COMP_WORDS="holdfast scorecard --shop M", **asked)
    assert shops.stdout.split() == ["Mugs"]
    ids = holdfast(home=terminal.home, COMP_WORDS="holdfast explain repeat_p", **asked | {"COMP_CWORD": "2"})
    assert ids.stdout.split() == ["repeat_purchase_rate"]
