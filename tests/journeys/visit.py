# ruff: noqa: UP031 - scripts for the browser stand on one line and are full of braces
"""One person's browser, and what axe-core says about the page in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

AXE = (Path(__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visit:
    """One person's browser: what it asked for, and what it complained about."""

    context: BrowserContext
    page: Page
    at: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.at + path)
        self.page.evaluate("document.fonts.ready")
        return self.page

    def axe(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA and best practice; injected past the policy, as a tool may."""
        session = self.context.new_cdp_session(self.page)
        session.send("Runtime.evaluate", {"expression": AXE})
        asked = (
            "axe.run(document, {runOnly: {type: 'tag', values: %s}, rules: {'target-size': {enabled: true}}})"
            ".then(r => JSON.stringify(r.violations.map(v => v.id + ': ' + "
            "v.nodes.map(n => n.html.slice(0, 160) + ' | ' + (n.any[0] || n.all[0] || n.none[0] || {}).message).join(' || '))))"
        ) % RULES
        answer = session.send("Runtime.evaluate", {"expression": asked, "awaitPromise": True, "returnByValue": True})
        return list(json.loads(answer["result"]["value"]))
