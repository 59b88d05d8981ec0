"""Promises of the house itself: no machine's paths, nothing undocumented, no stale page, no dead link."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import holdfast
from holdfast.warehouse.tables import TABLES

ROOT = Path(__file__).parent.parent
SRC = Path(holdfast.__file__).parent
WRITTEN = {".py", ".md", ".html", ".jinja", ".toml", ".txt", ".js", ".css"}
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:work|root|tmp)/")


def _load_generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _load_generate()


def _texts(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in WRITTEN and path.is_file())


def test_no_path_of_one_machine_stands_in_the_product_or_its_docs():
    files = [*_texts(SRC, ROOT / "docs", ROOT / "benchmarks"), *ROOT.glob("*.md"), ROOT / "Makefile"]
    assert [str(p.relative_to(ROOT)) for p in files if MACHINE_PATH.search(p.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("text", ['open("/tmp/x")', "see /work/notes", "path: /root/.cache"])
def test_a_machine_path_would_be_found(text):
    assert MACHINE_PATH.search(text)


def test_no_source_file_imports_pandas():
    found = []
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path.name}: {name}" for name in names if name.split(".")[0] == "pandas"]
    assert found == []


def test_every_table_is_explained_to_a_reader():
    explained = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert [name for name in TABLES if f"\n## {name}\n" not in explained] == []


def test_generated_pages_say_what_the_code_says():
    stale = [str(path.relative_to(ROOT)) for path in generate.stale()]
    assert stale == [], "run `make docs` and commit the result"


def test_a_page_that_nobody_generates_any_more_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    monkeypatch.setattr(generate, "pages", lambda: {tmp_path / "tables.md": "new"})
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "gone.md").write_text("a metric that was removed")
    (tmp_path / "tables.md").write_text("old")
    assert generate.stale() == [tmp_path / "metrics" / "gone.md", tmp_path / "tables.md"]


def test_no_link_between_our_pages_is_dead():
    dead = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
                dead.append(f"{page.relative_to(ROOT)} → {target}")
    assert dead == []


def test_every_decision_is_listed_once_and_no_number_is_used_twice():
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("0*.md"))
    listed = re.findall(r"\]\((0[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == pages
    assert len({name[:4] for name in pages}) == len(pages)


def test_no_two_files_of_tests_have_one_name():
    """Pytest takes them for one module, and says so only where both are collected together."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted({name for name in names if names.count(name) > 1}) == []
