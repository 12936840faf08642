// An organization in Icefloe, by its control API.

/** A new organization, with a token of its own. */
export class Organization {
  /** Make one on a running server. */
  static async create({ url, controlKey }) {
    const made = await ask(url, controlKey, "POST", "/organizations", {});
    return new Organization(url, controlKey, made);
  }

  constructor(url, controlKey, { id, token }) {
    this.url = url;
    this.token = token;
    this.ask = (method, path, body) =>
      ask(url, controlKey, method, `/organizations/${id}${path}`, body);
  }

  /** From now on something goes wrong: see Icefloe's page about faults. */
  addFault(fault) {
    return this.ask("POST", "/faults", fault);
  }

  /** It goes right again. */
  removeFault(id) {
    return this.ask("DELETE", `/faults/${id}`);
  }

  /** Customers that are there already, as Polar's API shows them. */
  addCustomers(...customers) {
    return this.ask("POST", "/customers", { customers, on_conflict: "fail" });
  }

  /** Everything of it goes. */
  remove() {
    return this.ask("DELETE", "");
  }
}

async function ask(url, controlKey, method, path, body) {
  const answer = await fetch(`${url}/_icefloe${path}`, {
    method,
    headers: { Authorization: `Bearer ${controlKey}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}
