/* Holdfast in the browser: explain popover, command palette, theme, keys. Pages work without it.
   No eval, no inline handlers; positions are set through the CSSOM. */
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  root.classList.add("js");

  /* Theme: change at once, then let the server remember it. */
  const themeForm = one("#theme-form");
  const isDark = () =>
    root.dataset.theme === "dark" ||
    (root.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const paintThemeButton = () => {
    if (!themeForm) return;
    one("button", themeForm).setAttribute("aria-pressed", String(isDark()));
    one("[name=theme]", themeForm).value = isDark() ? "light" : "dark";
  };
  if (themeForm) {
    paintThemeButton();
    themeForm.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = new FormData(themeForm);
      root.dataset.theme = body.get("theme");
      paintThemeButton();
      fetch(themeForm.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    });
  }

  /* Filters apply when they change; without JavaScript there is a button. */
  all(".filters select").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));

  /* One box ticks all of its name on the page. */
  all("[data-all]").forEach((box) => box.addEventListener("change", () => {
    all(`input[type=checkbox][name="${CSS.escape(box.dataset.all)}"]`).forEach((each) => { each.checked = box.checked; });
  }));

  /* Menus close on Escape and on a click elsewhere. */
  document.addEventListener("click", (event) => {
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.menu[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
  });

  /* Why there is no number, on hover and on focus; Escape puts it away. Without JavaScript a title says it. */
  const beside = (box, at) => {
    const to = at.getBoundingClientRect();
    box.style.left = `${Math.max(12, Math.min(innerWidth - box.offsetWidth - 12, to.right - box.offsetWidth / 2))}px`;
    const below = to.bottom + 4;
    box.style.top = `${below + box.offsetHeight < innerHeight ? below : to.top - box.offsetHeight - 4}px`;
  };
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("popover", "manual");
  tip.setAttribute("aria-hidden", "true"); // the link's own name says the same
  document.body.append(tip);
  all("[data-why]").forEach((link) => { link.dataset.why = link.title; link.removeAttribute("title"); });
  const tell = (event) => {
    const link = event.target.closest && event.target.closest("[data-why]");
    if (!link) return;
    tip.textContent = link.dataset.why;
    if (!tip.matches(":popover-open")) tip.showPopover();
    beside(tip, link);
  };
  const hush = () => { if (tip.matches(":popover-open")) tip.hidePopover(); };
  document.addEventListener("mouseover", (event) => {
    if (event.target.closest("[data-why]")) tell(event);
    else if (!tip.contains(event.target) && !(document.activeElement.dataset || {}).why) hush();
  });
  document.addEventListener("focusin", (event) => { hush(); tell(event); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hush(); });
  all(".said[popover]").forEach((note) => note.addEventListener("toggle", (event) => {
    if (event.newState === "open") beside(note, one(`[popovertarget="${note.id}"]`));
  }));

  /* A form that is drawn anew as one chooses must not take away what is being typed: the answer on its way is not
     waited for, since another is asked for when the field is left. */
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-live]");
    if (form) htmx.trigger(form.parentElement, "htmx:abort"); // it is what its requests are kept in step by
  });

  /* Explain: htmx fills the popover, we show and place it. The browser gives light dismiss and Escape. */
  const explain = one("#explain");
  let asker = null;
  const place = () => {
    if (!asker || innerWidth <= 900) return;
    const at = asker.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = explain;
    const right = at.right + 10;
    const left = right + width < innerWidth ? right : at.left - width - 10;
    explain.style.left = `${Math.max(12, Math.min(innerWidth - width - 12, left))}px`;
    explain.style.top = `${Math.max(12, Math.min(innerHeight - height - 12, at.top - 40))}px`;
  };
  const ask = (href, source) => htmx.ajax("GET", href, { source, target: explain, swap: "innerHTML" });
  if (explain) {
    all("a.numb").forEach((link) => {
      link.setAttribute("aria-haspopup", "dialog");
      link.setAttribute("aria-expanded", "false");
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.numb");
      if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      ask(link.href, link);
    });
    /* A mark of a chart opens what the number in the table beside it opens: the same numbers in the same order.
       Small marks take a click that came near. */
    document.addEventListener("click", (event) => {
      const chart = event.target.closest("[data-opens]");
      if (!chart) return;
      const marks = all(".pt, .heat g:not(.open)", chart);
      const far = (mark) => {
        const at = mark.getBoundingClientRect();
        return Math.hypot(at.x + at.width / 2 - event.clientX, at.y + at.height / 2 - event.clientY);
      };
      const near = marks.reduce((best, mark) => (best && far(best) <= far(mark) ? best : mark), null);
      const mark = event.target.closest(".heat g:not(.open)") || (near && far(near) < 16 ? near : null);
      const table = document.getElementById(chart.dataset.opens);
      const links = all("tbody a.numb:not(.none)", table);
      if (table.matches(".newest-first")) links.reverse();
      const link = links[marks.indexOf(mark)];
      if (link) ask(link.href, mark);
    });
    document.body.addEventListener("htmx:beforeRequest", (event) => {
      if (event.detail.target === explain) asker = event.detail.elt;
    });
    document.body.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target !== explain) return;
      if (!explain.matches(":popover-open")) explain.showPopover();
      const title = one("h2", explain);
      if (title) explain.setAttribute("aria-label", `Explain ${title.textContent}`);
      place();
      const close = one("[data-close]", explain);
      if (close) close.focus();
    });
    document.body.addEventListener("htmx:responseError", (event) => {
      if (event.detail.target === explain && asker && asker.href) location.href = asker.href;
    });
    explain.addEventListener("toggle", (event) => {
      if (asker && asker.href) asker.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState === "open") return;
      const lost = document.activeElement === document.body || explain.contains(document.activeElement);
      if (lost && asker) asker.focus();
    });
    explain.addEventListener("click", (event) => {
      if (event.target.closest("[data-close]")) explain.hidePopover();
    });
  }

  /* Copy */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      one("span", button).textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      one("span", button).textContent = "Selected, press Ctrl C";
    }
  });

  /* Command palette: pages, actions and metrics are fetched once and sifted here; the book of work is asked as one types. */
  const palette = one("#palette");
  const PAUSE = 120; // milliseconds without a key before the book is asked
  let chosen = 0;
  let asking = null; // the question under way
  const options = () => all("[role=option]", palette).filter((option) => !option.hidden);
  const mark = () => {
    const shown = options();
    all("[role=option]", palette).forEach((option) => option.setAttribute("aria-selected", "false"));
    const option = shown[chosen];
    if (option) { option.setAttribute("aria-selected", "true"); option.scrollIntoView({ block: "nearest" }); }
    one("input", palette).setAttribute("aria-activedescendant", option ? option.id : "");
    one(".nothing", palette).hidden = shown.length > 0 || Boolean(asking);
  };
  const sift = () => {
    const words = one("input", palette).value.toLowerCase().split(/\s+/).filter(Boolean);
    all("[role=option]:not([data-found])", palette).forEach((option) => {
      const text = option.textContent.toLowerCase();
      option.hidden = !words.every((word) => text.includes(word));
    });
  };
  const fetched = async (address) => {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    return answer.ok && !answer.redirected ? answer.text() : "";
  };
  const askBook = async (said) => {
    await new Promise((done) => { setTimeout(done, PAUSE); });
    if (said !== one("input", palette).value.trim()) return;
    const lines = await fetched(`${palette.dataset.from}?q=${encodeURIComponent(said)}`).catch(() => "");
    if (said !== one("input", palette).value.trim()) return;
    all("[data-found]", palette).forEach((option) => option.remove());
    one("ul", palette).insertAdjacentHTML("afterbegin", lines);
    asking = null;
    mark();
  };
  const typed = () => {
    const said = one("input", palette).value.trim();
    chosen = 0;
    sift();
    if (said) {
      asking = askBook(said);
    } else {
      asking = null;
      all("[data-found]", palette).forEach((option) => option.remove());
    }
    mark();
  };
  const openPalette = async () => {
    if (!palette || palette.open) return;
    palette.showModal();
    const input = one("input", palette);
    input.value = "";
    input.focus();
    if (!one("[role=option]:not([data-found])", palette)) {
      one("ul", palette).insertAdjacentHTML("beforeend", await fetched(palette.dataset.from));
    }
    typed();
  };
  const follow = (option) => {
    if (!option) return;
    if (option.dataset.does === "theme") {
      palette.close();
      themeForm.requestSubmit();
    } else if (option.dataset.post) {
      const form = document.createElement("form");
      form.method = "post";
      form.action = option.dataset.post;
      form.append(one("[name=csrfmiddlewaretoken]").cloneNode());
      document.body.append(form);
      form.submit();
    } else {
      palette.close();
      location.href = option.dataset.href;
    }
  };
  if (palette) {
    one("input", palette).addEventListener("input", typed);
    one("input", palette).addEventListener("keydown", async (event) => {
      const shown = options();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (shown.length) chosen = (chosen + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length;
        mark();
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (!chosen) await asking; // the first answer may still be on its way
        follow(options()[chosen]);
      }
    });
    one("ul", palette).addEventListener("click", (event) => follow(event.target.closest("[role=option]")));
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
    all("[data-palette]").forEach((opener) => opener.addEventListener("click", (event) => {
      event.preventDefault();
      openPalette();
    }));
  }

  /* Keys. Single letters can be switched off in Settings (WCAG 2.1.4); Ctrl K always works. */
  const letters = root.dataset.shortcuts === "on";
  const keys = one("#keys");
  const deeds = { e: "[data-deed=first]", s: "[data-deed=snooze]", o: "[data-deed=open]" }; // to what is open of the queue
  all("[data-keys]").forEach((button) => button.addEventListener("click", () => keys.showModal()));
  if (keys) {
    keys.addEventListener("click", (event) => {
      if (event.target === keys || event.target.closest("[data-close]")) keys.close();
    });
  }
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    if (!letters || typing || event.metaKey || event.ctrlKey || event.altKey || one("dialog[open]")) return;
    if (event.key === "/") {
      event.preventDefault();
      openPalette();
    } else if ((event.key === "j" || event.key === "k") && one(".q a") && Date.now() - waiting > 1500) {
      const rows = all(".q a");
      const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
      const next = rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)))];
      next.focus();
      next.click();
    } else if (event.key === "?") {
      event.preventDefault();
      keys.showModal();
    } else if (deeds[event.key] && one("#detail") && Date.now() - waiting > 1500) {
      const deed = one(deeds[event.key], one("#detail"));
      if (deed) deed.click();
    } else if (event.key === "g") {
      waiting = Date.now();
    } else if (Date.now() - waiting < 1500) {
      waiting = 0;
      const link = one(`.side [data-key="${CSS.escape(event.key)}"]`);
      if (link) location.href = link.href;
    }
  });

  /* The item that is open stands out in the queue. */
  all(".q a").forEach((row) => row.addEventListener("click", () => {
    all(".q a").forEach((each) => each.toggleAttribute("aria-current", false));
    row.setAttribute("aria-current", "true");
  }));

  /* Files can be dropped on the zone. */
  all(".drop-zone").forEach((zone) => {
    const input = one("input[type=file]", zone);
    ["dragover", "dragleave", "drop"].forEach((name) => zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", name === "dragover");
      if (name === "drop") input.files = event.dataTransfer.files;
    }));
  });
})();
