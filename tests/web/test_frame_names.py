"""What the frame of every page says takes the place of what a page says under the same name: so no page may."""

import ast
from pathlib import Path

from holdfast.web import frame

WEB = Path(frame.__file__).parent


def keys_in(node: ast.AST) -> set[str]:
    """Of every dictionary that is written there."""
    keys = (key for one in ast.walk(node) if isinstance(one, ast.Dict) for key in one.keys)
    return {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def renders(node: ast.AST) -> bool:
    calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
    return any(isinstance(call, ast.Name) and call.id == "render" for call in calls)


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_no_page_says_something_under_a_name_of_the_frame() -> None:
    (of_frame,) = (keys_in(one) for one in functions(WEB / "frame.py") if one.name == "frame")
    assert {"live", "user", "here"} <= of_frame
    wrong = {
        f"{path.stem}.{one.name}": both
        for path in (WEB / "views").glob("*.py")
        for one in functions(path)
        if renders(one) and (both := keys_in(one) & of_frame)
    }
    assert not wrong
