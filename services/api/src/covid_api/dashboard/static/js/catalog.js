// What there is: measures with names and formulas, statuses, sources and regions, as the API lists them.

import { get } from "./api.js";
import { compare, language, regionName, say } from "./i18n.js";

export class Catalog {
  /** Ask the API. Throws ApiError. */
  static async load() {
    const [measures, sources, regions] = await Promise.all([
      get("/v1/measures"),
      get("/v1/sources"),
      get("/v1/regions"),
    ]);
    return new Catalog(measures, sources.data, regions.data);
  }

  constructor(measures, sources, regions) {
    this.measures = new Map(measures.data.map((measure) => [measure.column, measure]));
    this.statuses = new Map(measures.statuses.map((status) => [status.id, status]));
    this.rtNotes = new Map(measures.rt_notes.map((note) => [note.id, note]));
    this.per = measures.per;
    this.counts = measures.data.filter(isCount).map((measure) => measure.column);
    this.sources = new Map(sources.map((source) => [source.source, source]));
    this.regions = new Map(regions.map((region) => [region.region, region]));
  }

  /** No source has a row. */
  get empty() {
    return this.sources.size === 0;
  }

  /** Whether a source has rows of a region. */
  has(source, region) {
    return this.regions.get(region)?.sources.includes(source) ?? false;
  }

  /** Canada's provinces and territories, in the API's order. */
  get provinces() {
    return [...this.regions.values()].filter((region) => region.country === "CA" && region.kind === "province");
  }

  /** The regions of a source: Canada and its parts first, then others by name. */
  regionsOf(source) {
    const all = [...this.regions.values()].filter((region) => !source || region.sources.includes(source));
    const ours = all.filter((region) => region.country === "CA");
    const others = all.filter((region) => region.country !== "CA" && region.sources.length);
    return [...ours, ...others.sort((a, b) => compare(regionName(a), regionName(b)))];
  }

  measure(column) {
    return this.measures.get(column);
  }

  measureTitle(column) {
    return say(this.measures.get(column).title);
  }

  unit(column) {
    return say(this.measures.get(column).unit);
  }

  statusName(id) {
    return say(this.statuses.get(id).name);
  }

  regionName(code) {
    const region = this.regions.get(code);
    return region ? regionName(region) : code;
  }

  /** A source's short title, its slug where it has none. */
  sourceTitle(id) {
    const source = this.sources.get(id);
    return (language === "fr" ? source?.title_fr : source?.title) ?? id;
  }

  /** Who a source is, in full. */
  sourceName(id) {
    const source = this.sources.get(id);
    return (language === "fr" ? source?.name_fr : source?.name) ?? id;
  }
}

function isCount(measure) {
  return measure.inputs.length === 1 && measure.inputs[0] === measure.column;
}
