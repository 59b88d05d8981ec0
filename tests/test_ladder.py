"""The drawing in docs/drawing.md, kept true by the machine: function bodies are read too."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import holdfast

LADDER = (
    {"commerce"},
    {"warehouse"},
    {"metrics", "estimates", "sources", "simulate"},
    {"predictions"},
    {"health", "segments", "accounts"},
    {"playbooks"},
    {"evidence"},
    {"reviews"},
    {"web", "cli", "api"},  # the doors
)
RUNG = {package: number for number, rung in enumerate(LADDER) for package in rung}
NEIGHBOURS = {("metrics", "estimates")}  # decision 0004: a tally becomes an interval inside metrics
KNOW_DJANGO = {"accounts", "playbooks", *LADDER[-1]}
DRAWERS = {"utils", "helpers", "common", "core", "base", "manager"}


def _imports(path: Path, module: str) -> set[str]:
    """Every dotted name a file imports, wherever it stands in the file; relative ones made absolute."""
    found = set()
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{source}.{alias.name}" for alias in node.names}
    return found


def _read(root: Path) -> dict[str, set[str]]:
    """Module name → the dotted names it imports."""
    files = {".".join((root.name, *p.relative_to(root).with_suffix("").parts)): p for p in root.rglob("*.py")}
    return {name.removesuffix(".__init__"): _imports(p, name.removesuffix(".__init__")) for name, p in files.items()}


def _may_know(package: str, other: str) -> bool:
    return package == other or (package, other) in NEIGHBOURS or RUNG.get(other, 99) < RUNG.get(package, -1)


def _circle(modules: dict[str, set[str]]) -> list[str]:
    """The modules of one circle of imports, or none."""

    def module_of(name: str) -> str:
        return name if name in modules else name.rpartition(".")[0]

    known = {m: {module_of(n) for n in names} & set(modules) - {m} for m, names in modules.items()}
    try:
        TopologicalSorter(known).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


def breaches(root: Path) -> list[str]:
    """What in this tree contradicts the drawing, one sentence each."""
    modules, said = _read(root), []
    for module, names in sorted(modules.items()):
        parts = module.split(".")
        said += [f"{module}: {part} is a drawer, find the noun" for part in parts if part in DRAWERS]
        if len(parts) < 2:
            continue
        package = parts[1]
        if package not in RUNG and not (root / f"{package}.py").exists():
            said.append(f"{module}: {package} stands on no rung of the ladder")
        for name in sorted(names):
            top, _, rest = name.partition(".")
            if top == root.name and rest and not _may_know(package, rest.split(".")[0]):
                said.append(f"{module} may not import {name}")
            if top.startswith(("django", "allauth")) and package not in KNOW_DJANGO:
                said.append(f"{module} may not know Django ({name})")
    return said + [f"circle: {' → '.join(circle)}" for circle in [_circle(modules)] if circle]


def test_imports_go_down_the_ladder_only():
    assert breaches(Path(holdfast.__file__).parent) == []


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root / "shop"


def test_the_ladder_test_can_fail(tmp_path):
    tree = _tree(
        tmp_path,
        {
            "commerce/money.py": "def f():\n    from shop.warehouse import home",  # up, inside a function
            "warehouse/home.py": "import django.conf",
            "warehouse/utils.py": "",
            "metrics/measure.py": "from shop.estimates import tally\nfrom ..commerce import money",  # both allowed
            "estimates/tally.py": "from ..metrics import measure",  # the exception goes one way only
            "sources/files.py": "import shop.metrics.measure",
            "cli/app.py": "from shop.web.urls import urlpatterns\nimport django",  # doors do not know each other
            "web/urls.py": "import django",
            "drawer/things.py": "",
        },
    )
    assert breaches(tree) == [
        "shop.cli.app may not import shop.web.urls.urlpatterns",
        "shop.commerce.money may not import shop.warehouse.home",
        "shop.drawer.things: drawer stands on no rung of the ladder",
        "shop.estimates.tally may not import shop.metrics.measure",
        "shop.sources.files may not import shop.metrics.measure",
        "shop.warehouse.home may not know Django (django.conf)",
        "shop.warehouse.utils: utils is a drawer, find the noun",
        "circle: shop.metrics.measure → shop.estimates.tally → shop.metrics.measure",
    ]


def test_a_door_is_imported_by_nobody(tmp_path):
    tree = _tree(tmp_path, {"reviews/deck.py": "from shop.web import views", "web/views.py": ""})
    assert breaches(tree) == ["shop.reviews.deck may not import shop.web.views"]
