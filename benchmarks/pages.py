"""Server time of the scorecard, of metric pages and of what they open, on the home in HOLDFAST_HOME. Prints JSON.

Django's test client goes through the whole stack (middleware, session, view, template) without a socket, so what is
timed is the server's own work. The first request of each page is a warm-up and is not counted.
"""

import html
import json
import os
import re
import statistics
import time

import django

TIMES = 30


def _sign_in() -> "django.test.Client":
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    user, _ = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client


def _milliseconds(client: "django.test.Client", path: str) -> list[float]:
    taken = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answer = client.get(path)
        body = answer.content if not answer.streaming else b"".join(answer.streaming_content)
        taken.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or not body:
            raise SystemExit(f"{path} answered {answer.status_code}")
    return taken[1:]


def _middle(links: list[str]) -> str | None:
    return html.unescape(links[len(links) // 2]) if links else None


def _slowest_of(client: "django.test.Client", what: str, paths: list[str]) -> dict[str, list[float]]:
    """The slowest of the pages that are there (a shop may have too few rows for a later one)."""
    took = {path: _milliseconds(client, path) for path in paths if client.get(path).status_code == 200}
    if not took:
        return {}
    slowest = max(took, key=lambda path: statistics.median(took[path]))
    return {f"{slowest} ({what}, slowest of {len(took)})": took[slowest]}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.web.settings")
    django.setup()
    client = _sign_in()
    scorecard = client.get("/").content.decode()
    metrics = dict.fromkeys(re.findall(r'href="(/metrics/[\w-]+/)"', scorecard))
    if not metrics:
        raise SystemExit("the scorecard links to no metric page")
    took = {path: _milliseconds(client, path) for path in metrics}
    slowest = max(took, key=lambda path: statistics.median(took[path]))
    one = client.get(slowest).content.decode()
    parts = [_middle(re.findall(rf'href="({slowest}rows/\?{part}=[^"]+)"', one)) for part in ("at", "by")]
    cell = _middle(re.findall(r'href="(/cohorts/explain/\?[^"]+)"', client.get("/cohorts/").content.decode()))
    pages = {
        "scorecard": _milliseconds(client, "/"),
        f"{slowest} (slowest of {len(took)} metric pages)": took[slowest],
        **_slowest_of(client, "drill-down, first page", [f"{path}rows/" for path in metrics]),
        **_slowest_of(client, "drill-down, page 9", [f"{path}rows/?page=9" for path in metrics]),
        **{
            f"{path} (drill-down of {what})": _milliseconds(client, path)
            for what, path in zip(("a month", "a member"), parts, strict=True)
            if path
        },
        "/cohorts/": _milliseconds(client, "/cohorts/"),
    }
    if cell:
        pages["a cell of /cohorts/ (drill-down)"] = _milliseconds(client, cell.replace("/explain/", "/rows/"))
    told = [
        {"name": name, "median_ms": statistics.median(taken), "slowest_ms": max(taken)} for name, taken in pages.items()
    ]
    print(json.dumps({"times": TIMES, "pages": told}))


if __name__ == "__main__":
    main()
