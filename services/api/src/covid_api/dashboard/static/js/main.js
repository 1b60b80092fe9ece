// The frame of all pages: it loads the words and the catalogue, and shows the page that the address names.

import { Catalog } from "./catalog.js";
import { h, put } from "./dom.js";
import * as i18n from "./i18n.js";
import { follow } from "./live.js";
import { AlertsPage } from "./pages/alerts.js";
import { CanadaPage } from "./pages/canada.js";
import { ComparePage } from "./pages/compare.js";
import { CorrectionsPage } from "./pages/corrections.js";
import { PipelinePage } from "./pages/pipeline.js";
import { RegionPage } from "./pages/region.js";
import { SourcesPage } from "./pages/sources.js";
import { Health } from "./parts/health.js";
import { emptyStore, failure, loading } from "./parts/message.js";
import { Store } from "./store.js";
import { params, setParams } from "./url.js";

const { t } = i18n;

const LIST_MILLISECONDS = 3000;
const PAGES = [
  ["/", "canada", CanadaPage],
  ["/region", "region", RegionPage],
  ["/compare", "compare", ComparePage],
  ["/sources", "sources", SourcesPage],
  ["/corrections", "corrections", CorrectionsPage],
  ["/alerts", "alerts", AlertsPage],
  ["/pipeline", "pipeline", PipelinePage],
];

class App {
  store = new Store();
  health = new Health();
  catalog = null;
  #page = null;
  #opened = 0;
  #live = "waiting";
  #unlisted = new Map(); // sources and regions that the stream told of and the catalogue does not have
  #listing = false;

  async start() {
    await i18n.use(i18n.preferred(params()));
    this.#frame();
    window.addEventListener("popstate", () => this.open());
    document.addEventListener("click", (event) => this.#follow(event));
    this.store.addEventListener("seen", ({ detail }) => this.#heard(detail));
    this.health.addEventListener("state", () => this.#banner());
    follow(this.store, (state) => {
      this.#live = state;
      this.#status();
    });
    await Promise.all([this.open(), this.health.start()]);
  }

  /** Show what the address says. */
  async open() {
    const mine = (this.#opened += 1);
    this.#page?.stop();
    this.#page = null;
    const [path, name, Page] = PAGES.find(([each]) => each === location.pathname) ?? PAGES[0];
    this.nav.querySelectorAll("a").forEach((link) => {
      if (link.pathname !== path) {
        link.removeAttribute("aria-current");
        return;
      }
      link.setAttribute("aria-current", "page");
      // On a phone the pages are one line that is longer than the window.
      this.nav.scrollLeft = link.offsetLeft + link.offsetWidth - this.nav.clientWidth;
    });
    document.title = `${t(`page.${name}`)} – ${t("title")}`;
    put(this.main, loading());
    try {
      // What is empty or could not be asked is asked for again.
      if (this.catalog === null || this.catalog.empty) this.catalog = await Catalog.load();
      if (mine !== this.#opened) return;
      if (this.catalog.empty && Page !== PipelinePage) {
        put(this.main, h("h1", {}, t(`page.${name}`)), emptyStore());
        return;
      }
      const page = new Page(this);
      this.#page = page;
      await page.start(put(this.main, loading()));
    } catch (error) {
      if (mine !== this.#opened) return;
      if (error.status === undefined) console.error(error);
      put(this.main, h("h1", {}, t(`page.${name}`)), failure(error, () => this.open()));
    }
  }

  /** Go to another address of ours. */
  navigate(address) {
    history.pushState(null, "", address);
    scrollTo(0, 0);
    return this.open().then(() => this.main.focus({ preventScroll: true }));
  }

  /** Tell something once: shown for a moment, and read aloud. */
  announce(text) {
    put(this.toast, text);
    this.toast.classList.add("shown");
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => this.toast.classList.remove("shown"), 4000);
  }

  #frame() {
    this.main = h("main", { id: "main", tabindex: -1 });
    this.nav = h("nav", { "aria-label": t("nav") }, h("ul", {}, PAGES.map(([path, name]) => h("li", {}, h("a", { href: path }, t(`nav.${name}`))))));
    this.live = h("p", { class: "live", role: "status" });
    this.alert = h("div", { class: "banner", role: "alert", hidden: true });
    this.toast = h("div", { class: "toast", role: "status", "aria-live": "polite" });
    const other = i18n.LANGUAGES.find((language) => language !== i18n.language);
    put(document.body,
      h("a", { class: "skip", href: "#main" }, t("skip")),
      h("header", { class: "top" },
        h("a", { class: "brand", href: "/" }, h("strong", {}, "COVID-19"), " ", t("brand")),
        this.nav,
        h("div", { class: "aside" }, this.live,
          h("button", { type: "button", lang: other, class: "language", onclick: () => this.#switch(other) }, t("language.switch")))),
      this.alert,
      this.main,
      h("footer", { class: "bottom" },
        h("p", {}, t("footer.sources")),
        h("p", {}, h("a", { href: "/v1/datapackage.json" }, t("footer.package")), " · ", h("a", { href: "/openapi.json" }, t("footer.api")))),
      this.toast);
    this.#status();
    this.#banner();
  }

  async #switch(language) {
    i18n.keep(language);
    if (params().has("lang")) setParams({ lang: language });
    await i18n.use(language);
    this.#frame();
    await this.open();
  }

  #follow(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const address = new URL(link.href.baseVal ?? link.href, location.href);
    if (address.origin !== location.origin || !PAGES.some(([path]) => path === address.pathname)) return;
    if (address.hash) return;
    event.preventDefault();
    this.navigate(address.pathname + address.search);
  }

  /** A source or region that nobody reported before makes the lists longer, and an empty page a full one. */
  #heard(rows) {
    if (!this.catalog) return;
    for (const { source, region, deleted } of rows) {
      if (!deleted && !this.catalog.has(source, region)) this.#unlisted.set(`${source}#${region}`, [source, region]);
    }
    if (this.#unlisted.size && !this.#listing) this.#list();
  }

  /** Ask for the lists until they have what was heard of, with a pause: of a first publication all is new. */
  async #list() {
    this.#listing = true;
    while (this.#unlisted.size) {
      const wasEmpty = this.catalog.empty;
      try {
        this.catalog = await Catalog.load();
        for (const [key, [source, region]] of this.#unlisted) {
          if (this.catalog.has(source, region)) this.#unlisted.delete(key);
        }
        if (wasEmpty && !this.catalog.empty) await this.open();
      } catch {
        // The service is away: asked again like what it does not have yet.
      }
      await new Promise((resolve) => setTimeout(resolve, LIST_MILLISECONDS));
    }
    this.#listing = false;
  }

  #status() {
    put(this.live, h("span", { class: `pulse ${this.#live}`, "aria-hidden": "true" }), t(`live.${this.#live}`));
  }

  #banner() {
    const { error, stuck } = this.health;
    const store = stuck.find((reader) => reader.store === "dynamodb" || reader.group === "covid-stream");
    let text = null;
    if (error) text = error.status === 0 ? t("down.text") : t("failed.sentence", { reason: error.message });
    else if (store) text = t(store.store ? "behind.store" : "behind.stream", { count: store.lag, lag: i18n.number(store.lag) });
    this.alert.hidden = text === null;
    if (this.alert.textContent !== (text ?? "")) put(this.alert, text ?? "");
  }
}

new App().start();
