// The live stream: rows as they change. The browser reconnects by itself and says which event it saw last.

const AGAIN_MILLISECONDS = 5000;

/** Feed a store for as long as the page is open. `onState` hears "live", when all that changed is shown, and "waiting". */
export function follow(store, onState) {
  let source = null;
  let again = null;
  let behind = false; // something changed that the stream does not tell

  const wait = (next) => {
    onState("waiting");
    clearTimeout(again);
    again = setTimeout(next, AGAIN_MILLISECONDS);
  };

  const catchUp = async () => {
    behind = true;
    try {
      await store.reload();
    } catch {
      wait(catchUp);
      return;
    }
    behind = false;
    if (source.readyState === EventSource.OPEN) onState("live");
  };

  const connect = () => {
    source = new EventSource("/v1/stream");
    source.addEventListener("open", () => (behind ? catchUp() : onState("live")));
    source.addEventListener("rows", (event) => {
      const { data, deleted } = JSON.parse(event.data);
      store.apply([...data, ...deleted.map((key) => ({ ...key, deleted: true }))]);
    });
    source.addEventListener("reset", catchUp);
    source.addEventListener("error", () => {
      onState("waiting");
      // A browser gives up for good where the answer was no stream, e.g. a 503 while the service starts. A stream
      // made anew does not know what was seen last.
      if (source.readyState !== EventSource.CLOSED) return;
      behind = true;
      wait(connect);
    });
  };

  connect();
}
