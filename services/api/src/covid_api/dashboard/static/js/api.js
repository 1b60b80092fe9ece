// Requests to the API. What fails is an ApiError whose message is a sentence for people.

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

/** The address of rows. `query`: source, regions, fields, from, to (days or dates as text), format. */
export function metricsPath({ source, regions, fields, from, to, format }) {
  const query = new URLSearchParams({ source, region: regions.join(","), fields: fields.join(",") });
  if (from) query.set("from", from);
  if (to) query.set("to", to);
  if (format) query.set("format", format);
  // Commas and colons need no escape in a query, and an address that people read is better without.
  return `/v1/metrics?${query}`.replaceAll("%2C", ",");
}
