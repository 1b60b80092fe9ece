// Requests to the API. What fails is an ApiError whose message is a sentence for people.

import { address, momentParams } from "./url.js";

/** `status` 0: the service did not answer at all. `problem`: its problem document, if it sent one. */
export class ApiError extends Error {
  constructor(status, message, problem = null) {
    super(message);
    this.status = status;
    this.problem = problem;
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { headers: { Accept: "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, String(error.message ?? error));
  }
  if (answer.ok) return answer;
  let problem = null;
  try {
    problem = await answer.json();
  } catch {
    // A proxy's page, say: the status is all there is.
  }
  throw new ApiError(answer.status, problem?.detail ?? `HTTP ${answer.status}`, problem);
}

/** The JSON at a path. */
export async function get(path, signal) {
  try {
    return await (await ask(path, { signal })).json();
  } catch (error) {
    if (error instanceof ApiError || error.name === "AbortError") throw error;
    // The answer broke off in the middle.
    throw new ApiError(0, String(error.message ?? error));
  }
}

/** The text at a path. */
export async function getText(path) {
  return (await ask(path)).text();
}

/** A write with a key; status and JSON of the answer. */
export async function write(method, path, key, body = null) {
  const headers = { Accept: "application/json", Authorization: `Bearer ${key}` };
  if (body !== null) headers["Content-Type"] = "application/json";
  const answer = await ask(path, { method, headers, body: body === null ? undefined : JSON.stringify(body) });
  return { status: answer.status, content: await answer.json() };
}

// A `moment`, { time, date }, is as known when; without one it is now. Dates are texts.

/** The address of rows. `query`: source, regions, fields, from, to, moment, format. */
export function metricsPath({ source, regions, fields, from, to, moment, format }) {
  return path("/v1/metrics", { source, region: regions.join(","), fields: fields.join(","), from, to, ...momentParams(moment), format });
}

/** The address of the ledger. `query`: region, source, kind (none: all), from, to, moment, format. */
export function correctionsPath({ region, source, kind, from, to, moment, format }) {
  return path("/v1/corrections", { region, source, kind, from, to, ...momentParams(moment), format });
}

/** The address of the same as a feed, which has no format. */
export function feedPath({ region, source, kind, from, to, moment }) {
  return path("/v1/corrections.atom", { region, source, kind, from, to, ...momentParams(moment) });
}

/** The address of alerts. `query`: region, state, severity (none: all), format. */
export function alertsPath({ region, state, severity, format }) {
  return path("/v1/alerts", { region, state, severity, format });
}

/** The address of the same as a feed in a language. */
export function alertsFeedPath({ region, state, severity }, lang) {
  return path("/v1/alerts.atom", { region, state, severity, lang });
}

/** The address of what PHAC and Johns Hopkins count differently. */
export function disagreementsPath({ regions, field, moment }) {
  return path("/v1/disagreements", { region: regions.join(","), field, ...momentParams(moment) });
}

/** The address of the latest days' new counts as they are expected to stand later. */
export function nowcastPath({ source, region, field, moment }) {
  return path("/v1/nowcast", { source, region, field, ...momentParams(moment) });
}

/** The address of a number's formula and inputs. `id`: source:region:date. */
export const explainPath = (id, metric, moment) => path("/v1/explain", { id, metric, ...momentParams(moment) });

/** The address of every record that there has been of an id. */
export const historyPath = (id) => path("/v1/records/history", { id });

function path(base, given) {
  return address(base, Object.entries(given).filter(([, value]) => value));
}
