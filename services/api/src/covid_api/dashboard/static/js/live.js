// The live stream: rows as they change. The browser reconnects by itself and says which event it saw last.

/** Feed a store. `onState` hears "live" and "waiting". Returns a function that ends it. */
export function follow(store, onState) {
  const source = new EventSource("/v1/stream");
  source.addEventListener("open", () => onState("live"));
  source.addEventListener("rows", (event) => {
    const { data, deleted } = JSON.parse(event.data);
    store.apply([...data, ...deleted.map((key) => ({ ...key, deleted: true }))]);
  });
  source.addEventListener("reset", () => {
    store.reload().catch(() => onState("waiting"));
  });
  let retry = null;
  source.addEventListener("error", () => {
    onState("waiting");
    // A browser gives up for good where the answer was no stream, e.g. a 503 while the service starts.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(() => (stop = follow(store, onState)), 5000);
  });
  let stop = () => {
    clearTimeout(retry);
    source.close();
  };
  return () => stop();
}
