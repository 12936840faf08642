// A copy of Polar's customers, and what each webhook does to it.

/** The customers by id, as the webhooks tell them. */
export class Customers {
  #byId = new Map();
  #deleted = new Set();

  /** All, in the order in which they came. */
  list() {
    return [...this.#byId.values()];
  }

  /** The one with an e-mail address, if there is one. */
  find(email) {
    return this.list().find((customer) => customer.email === email);
  }

  /**
   * Note a customer as a webhook shows it.
   *
   * A webhook may come twice, and a retry after newer ones: an older state changes nothing, and a
   * deleted customer does not come back.
   */
  save({ data }) {
    const known = this.#byId.get(data.id);
    if (this.#deleted.has(data.id) || (known && changedAt(known) > changedAt(data))) return;
    this.#byId.set(data.id, { ...known, ...data });
  }

  /** Forget a customer. */
  remove({ data }) {
    this.#deleted.add(data.id);
    this.#byId.delete(data.id);
  }
}

/** The handlers that each of Polar's adapters takes. */
export function makeHandlers(customers) {
  return {
    onCustomerCreated: async (event) => customers.save(event),
    onCustomerUpdated: async (event) => customers.save(event),
    onCustomerStateChanged: async (event) => customers.save(event),
    onCustomerDeleted: async (event) => customers.remove(event),
  };
}

function changedAt(customer) {
  return (customer.modifiedAt ?? customer.createdAt).getTime();
}
