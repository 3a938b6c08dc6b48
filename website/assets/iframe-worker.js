// Search runs in a worker. Browsers refuse to start one for pages of file://, so a hidden frame does its work.
if (location.protocol === "file:") {
  const deliver = (target, event) => {
    target.dispatchEvent(event);
    target[`on${event.type}`]?.call(target, event);
  };

  window.Worker = class extends EventTarget {
    #waiting = [];
    #frame = document.createElement("iframe");

    constructor(url) {
      super();
      this.#frame.hidden = true;
      this.#frame.title = "Search";
      document.documentElement.append(this.#frame);
      const inner = this.#frame.contentWindow;
      inner.postMessage = (data) => {
        const copy = structuredClone(data);
        setTimeout(() => deliver(this, new MessageEvent("message", { data: copy })));
      };
      inner.importScripts = () => undefined; // for other languages than English
      const script = inner.document.createElement("script");
      script.src = new URL(url, location.href).href;
      script.onload = () => this.#begin();
      script.onerror = () => deliver(this, new ErrorEvent("error", { filename: script.src }));
      inner.document.head.append(script);
    }

    #begin() {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting.forEach((data) => this.#send(data));
    }

    #send(data) {
      // A copy, with the frame's own types, and later, as a worker gets it.
      const inner = this.#frame.contentWindow;
      const copy = inner.structuredClone(data);
      setTimeout(() => inner.dispatchEvent(new MessageEvent("message", { data: copy })));
    }

    postMessage(data) {
      if (this.#waiting) this.#waiting.push(data);
      else this.#send(data);
    }

    terminate() {
      this.#frame.remove();
    }
  };
}
