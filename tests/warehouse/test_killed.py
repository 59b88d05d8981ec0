"""Imports and builds that are killed, refused or run out of disk leave what served before, and no trace."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from children import (
    NOBODY,
    Stop,
    do_build,
    do_import,
    first_file,
    killed,
    many_orders,
    paused_build,
    said,
    second_file,
)
from looking import landed, on_disk, served
from paper_shop import paper_home, stage

from holdfast.warehouse.damage import DamagedLoad
from holdfast.warehouse.files import DiskProblem
from holdfast.warehouse.home import Home, HomeProblem
from holdfast.warehouse.lock import AnotherWriter, writing
from holdfast.warehouse.receipts import receipts
from holdfast.warehouse.snapshot import current_snapshot, open_snapshot

ORDERS = (
    "SELECT o.order_number, o.financial_status, v.placed_on, v.placed_minor, v.counts, h.first_on, h.occasions"
    ' FROM "order" AS o JOIN order_value AS v USING (order_id) LEFT JOIN history AS h ON h.customer_id = o.customer_id'
    " ORDER BY 1"
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A home with one import built, and what its orders are after a second import that nobody disturbs."""
    folder = tmp_path_factory.mktemp("prepared")
    home, _ = paper_home(folder)
    do_import(home, first_file())
    do_build(home)
    calm = Home(folder / "calm")
    shutil.copytree(home.path, calm.path, symlinks=True)
    do_import(calm, second_file())
    do_build(calm)
    return home, served(calm, ORDERS)


@pytest.fixture
def home(prepared, tmp_path):
    """A copy of the prepared home, for one test to hurt."""
    shutil.copytree(prepared[0].path, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def clean(home):
    """No scratch, no half-made pointer, and every snapshot on disk has a manifest."""
    places = [p for p in (home.path / "snapshots").iterdir() if p.name != "current"]
    return (
        list((home.path / "tmp").iterdir()) == []
        and not list(home.path.rglob("*.new"))
        and all((p / "manifest.json").is_file() for p in places)
    )


def in_test_all(*stops):
    """Points between those that every run tries."""
    return [pytest.param(stop, marks=pytest.mark.slow) for stop in stops]


IMPORT_STOPS = [
    Stop("step", "write order"),
    Stop("before", "rename"),
    *in_test_all(Stop("step", "keys"), Stop("step", "compare order_line"), Stop("step", "write keys and rejects")),
]


@pytest.mark.parametrize("stop", IMPORT_STOPS, ids=str)
def test_a_killed_import_leaves_no_half_load_and_the_next_one_succeeds(home, prepared, stop):
    before = served(home, ORDERS)
    assert killed(home, "import", stop) == -signal.SIGKILL
    assert [r.load_id for r in receipts(home)] == [1]
    assert served(home, ORDERS) == before
    do_import(home, second_file())
    do_build(home)
    assert served(home, ORDERS) == prepared[1]
    assert clean(home)


def test_an_import_killed_after_its_rename_has_landed_whole(home, prepared):
    assert killed(home, "import", Stop("after", "rename")) == -signal.SIGKILL
    assert [r.load_id for r in receipts(home)] == [1, 2]
    do_import(home, second_file())
    assert [r.load_id for r in receipts(home)] == [1, 2]
    do_build(home)
    assert served(home, ORDERS) == prepared[1]


def test_an_import_killed_while_a_parquet_file_is_written_has_not_landed(home, prepared):
    assert killed(home, "import", Stop("writing", "order_line.parquet"), many=True) == -signal.SIGKILL
    assert list((home.path / "tmp").iterdir()) != []
    assert [r.load_id for r in receipts(home)] == [1]
    do_import(home, second_file())
    do_build(home)
    assert served(home, ORDERS) == prepared[1]
    assert clean(home)


BUILD_STOPS = [
    Stop("before", "rename"),
    Stop("after", "rename"),
    *in_test_all(
        Stop("step", "order values"),
        Stop("step", "match credit notes"),
        Stop("step", "customer months and years"),
        Stop("step", "audits"),
        Stop("before", "replace"),
    ),
]


@pytest.mark.parametrize("stop", BUILD_STOPS, ids=str)
def test_a_killed_build_leaves_the_old_snapshot_serving_and_the_next_one_succeeds(home, prepared, stop):
    do_import(home, second_file())
    serving, before = current_snapshot(home), served(home, ORDERS)
    assert killed(home, "build", stop) == -signal.SIGKILL
    assert current_snapshot(home) == serving
    assert served(home, ORDERS) == before
    made = do_build(home)
    assert current_snapshot(home).id == made.id
    assert served(home, ORDERS) == prepared[1]
    assert clean(home)
    assert {p.stem for p in (home.path / "values").iterdir()} == {serving.id, made.id}
    assert {p.name for p in (home.path / "snapshots").iterdir()} == {"current", serving.id, made.id}


def test_a_build_killed_while_a_mart_is_written_is_not_seen(home):
    connection = duckdb.connect()
    staged = stage(connection, second_file())
    many_orders(connection)
    from holdfast.warehouse.landing import land

    with writing(home, "import"):
        land(home, home.shops()[0], staged, connection, mapping_name="paper")
    before = served(home, ORDERS)
    assert killed(home, "build", Stop("writing", "order_value.parquet")) == -signal.SIGKILL
    assert served(home, ORDERS) == before
    do_build(home)
    assert served(home, "SELECT count(*) FROM order_value") == [(300_004,)]
    assert clean(home)


def test_values_of_a_build_killed_after_its_switch_are_kept_by_the_next_one_and_outlive_it(home):
    """Reported once is reported for ever: the snapshot served, so its values must not go when it is pruned."""
    do_import(home, second_file())
    assert killed(home, "build", Stop("after", "replace")) == -signal.SIGKILL
    served_once = current_snapshot(home).id
    assert served_once.startswith("000002")
    assert not (home.path / "values" / f"{served_once}.parquet").exists()
    for _ in range(3):
        do_build(home)
    assert not (home.path / "snapshots" / served_once).exists()
    assert (home.path / "values" / f"{served_once}.parquet").is_file()


def test_three_snapshots_are_kept_and_the_values_of_all(home):
    for _ in range(4):
        do_build(home)
    assert sorted(p.name[:6] for p in (home.path / "snapshots").iterdir()) == ["000003", "000004", "000005", "curren"]
    assert sorted(p.name[:6] for p in (home.path / "values").iterdir()) == [f"{n:06d}" for n in range(1, 6)]
    first = sorted((home.path / "values").iterdir())[0]
    assert duckdb.connect().execute("SELECT net FROM read_parquet(?)", [str(first)]).fetchall() == [(2000,)]


def test_scratch_of_a_dead_process_with_our_number_is_swept_and_never_published(home):
    """In a container every start may get the same process number."""
    left = home.path / "tmp" / f"load-2-1-abcdef01-{os.getpid()}"
    left.mkdir()
    (left / "refund.parquet").write_bytes(b"half")
    do_import(home, second_file())
    assert not (home.path / "landed" / "000002" / "refund.parquet").exists()
    assert clean(home)


def test_a_second_writer_is_refused_by_name_while_readers_go_on(home, prepared):
    do_import(home, second_file())
    old, before = current_snapshot(home), served(home, ORDERS)
    reader = open_snapshot(home, old)
    build = paused_build(home, "customer history")
    with pytest.raises(AnotherWriter, match=rf"cannot build: build is running \(process {build.process.pid}, since"):
        do_build(home)
    with pytest.raises(AnotherWriter, match="cannot import: build is running"):
        do_import(home, second_file())
    assert served(home, ORDERS) == before
    assert len(list((home.path / "tmp").iterdir())) == 1, "the refused writer swept the other's scratch"
    assert build.go_on() == 0
    assert reader.execute(ORDERS).fetchall() == before, "an old reader keeps its version"
    assert served(home, ORDERS) == prepared[1]
    reader.close()


# --- the disk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3000], ids=["at the first byte", "midway"])
def test_an_import_that_may_not_write_more_says_so_and_changes_nothing(home, limit):
    before, rows = on_disk(home), served(home, ORDERS)
    told = said(home, "import", file_limit=limit)
    assert told.startswith("DiskProblem: the disk that holds")
    assert "Make room and run this again; nothing was changed." in told
    assert (on_disk(home), served(home, ORDERS)) == (before, rows)


def test_a_build_that_may_not_write_more_says_so_and_changes_nothing(home):
    before = on_disk(home)
    assert said(home, "build", file_limit=600).startswith("DiskProblem: the disk that holds")
    assert on_disk(home) == before


@pytest.fixture
def small_disk():
    """A disk of two megabytes, where this user may mount one."""
    with tempfile.TemporaryDirectory() as place:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", place], capture_output=True)
        if mounted.returncode:
            pytest.skip("mounting a small disk needs root; the limit on file sizes is tested instead")
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("pages_left", [0, 2, 6])
def test_a_full_disk_stops_import_and_build_with_a_clear_word_and_both_succeed_after(prepared, small_disk, pages_left):
    shutil.copytree(prepared[0].path, small_disk / "home", symlinks=True)
    home = Home(small_disk / "home")
    filler = small_disk / "filler"
    before, rows = on_disk(home), served(home, ORDERS)
    fill(filler, pages_left)
    with pytest.raises(DiskProblem, match=r"is full \(0 MiB free\). Make room and run this again; nothing was changed"):
        do_import(home, second_file())
    assert (on_disk(home), served(home, ORDERS)) == (before, rows)
    filler.unlink()
    do_import(home, second_file())
    landed_now = on_disk(home)
    fill(filler, pages_left)
    with pytest.raises(DiskProblem, match="is full"):
        do_build(home)
    assert (on_disk(home), served(home, ORDERS)) == (landed_now, rows)
    filler.unlink()
    do_build(home)
    assert served(home, ORDERS) == prepared[1]


def fill(filler, pages_left):
    """Fill the disk to the last page but some."""
    with open(filler, "wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        file.truncate(file.tell() // 4096 * 4096 - pages_left * 4096)


@pytest.fixture
def nobodys_home(prepared):
    """The prepared home where an ordinary user, not root, owns everything."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        path = Path(place) / "home"
        shutil.copytree(prepared[0].path, path, symlinks=True)
        if os.geteuid() == 0:
            for inside in (path, *path.rglob("*")):
                os.chown(inside, NOBODY, NOBODY, follow_symlinks=False)
        yield Home(path)


@pytest.mark.parametrize(
    ("task", "closed"),
    [
        ("import", "landed"),
        ("build", "snapshots"),
        *(
            pytest.param(*more, marks=pytest.mark.slow)
            for more in (("import", "tmp"), ("build", "tmp"), ("build", "."))
        ),
    ],
)
def test_a_folder_that_may_not_be_written_is_named_with_what_to_do(nobodys_home, task, closed):
    home = nobodys_home
    with writing(home, "make the lock"):
        pass
    if closed == ".":
        (home.path / "lock").chmod(0o400)
    (home.path / closed).chmod(0o500)
    before = on_disk(home)
    told = said(home, task, as_nobody=True)
    assert told.startswith("DiskProblem: cannot read or write"), told
    assert "Give the user who runs Holdfast the right to write" in told
    assert on_disk(home) == before


def test_a_load_that_may_not_be_read_is_told_as_such(nobodys_home):
    home = nobodys_home
    (home.path / "landed" / "000001" / "order.parquet").chmod(0)
    assert said(home, "build", as_nobody=True).startswith("DiskProblem: cannot read or write")


def test_without_a_home_one_is_told_how_to_make_it(tmp_path):
    with pytest.raises(HomeProblem, match="Make one with `holdfast init`"), writing(Home(tmp_path / "none"), "build"):
        pass


# --- damaged loads ----------------------------------------------------------------------------------


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def scribble(path):
    path.write_bytes(b"not a parquet file at all")


def fewer_rows(path):
    duckdb.connect().execute(f"COPY (SELECT * FROM read_parquet('{path}') LIMIT 1) TO '{path}' (FORMAT parquet)")


def hurt_a_page(path):
    whole = bytearray(path.read_bytes())
    whole[4:300] = b"\xff" * 296
    path.write_bytes(bytes(whole))


@pytest.mark.parametrize("hurt", [cut, scribble, fewer_rows, hurt_a_page, Path.unlink])
def test_a_damaged_load_stops_a_build_by_name_and_the_old_snapshot_stays(home, hurt):
    path = home.path / "landed" / "000001" / "order.parquet"
    path.chmod(0o600)
    before, serving = on_disk(home, ["snapshots", "values", "tmp"]), current_snapshot(home)
    hurt(path)
    with pytest.raises(DamagedLoad, match=r"landed/000001/order\.parquet is damaged: .*from a backup"):
        do_build(home)
    assert current_snapshot(home) == serving
    assert on_disk(home, ["snapshots", "values", "tmp"]) == before


def test_a_damaged_load_stops_an_import_too(home):
    path = home.path / "landed" / "000001" / "order.parquet"
    path.chmod(0o600)
    scribble(path)
    with pytest.raises(DamagedLoad, match="landed/000001"):
        do_import(home, second_file())
    assert not (home.path / "landed" / "000002").exists()


@pytest.mark.parametrize("hurt", [lambda p: p.write_text("{"), lambda p: p.write_text("{}"), Path.unlink])
def test_a_damaged_receipt_is_told_by_name(home, hurt):
    path = home.path / "landed" / "000001" / "receipt.json"
    path.chmod(0o600)
    hurt(path)
    with pytest.raises(DamagedLoad, match=r"receipt\.json is damaged"):
        do_build(home)


def test_landed_rows_survive_a_build_that_fails(home):
    do_import(home, second_file())
    before = landed(home, 'SELECT order_number FROM "order" ORDER BY 1')
    assert killed(home, "build", Stop("step", "audits")) == -signal.SIGKILL
    assert landed(home, 'SELECT order_number FROM "order" ORDER BY 1') == before
