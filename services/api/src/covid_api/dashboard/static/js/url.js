// What is shown stands in the address, so that every view has a link of its own.

/** The parameters of the address. */
export const params = () => new URLSearchParams(location.search);

/** Change parameters in place: null removes one. Written without a new step in the history. */
export function setParams(changes) {
  const query = params();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") query.delete(name);
    else query.set(name, String(value));
  }
  history.replaceState(null, "", address(location.pathname, query));
}

/** The address of a page with parameters. */
export function address(path, query) {
  // What needs no escape in a query is left readable.
  const text = new URLSearchParams(query).toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%40", "@");
  return text ? `${path}?${text}` : path;
}

/** As known when, as parameters: a page and the API call them the same. `moment`: { time, date } or null. */
export const momentParams = (moment) => (moment ? { [moment.time]: moment.date } : {});
