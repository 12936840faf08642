// Each adapter receives what happens to a customer, over HTTP, from a server that runs.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { createApp as createExpress } from "../src/express.js";
import { createApp as createHono } from "../src/hono.js";
import { Customers } from "../src/customers.js";
import { Icefloe } from "./icefloe-server.js";

const SECRET = `whsec_${"Ab3d".repeat(11)}`;
const EVENTS = ["customer.created", "customer.updated", "customer.deleted", "customer.state_changed"];

/** What each adapter makes of a secret: what a server does with a request, and the customers. */
const ADAPTERS = {
  hono: async () => {
    const customers = new Customers();
    return [getRequestListener(createHono(SECRET, customers).fetch), customers];
  },
  express: async () => {
    const customers = new Customers();
    return [createExpress(SECRET, customers), customers];
  },
  nextjs: async () => {
    process.env.POLAR_WEBHOOK_SECRET = SECRET;
    const { POST } = await import("../app/webhooks/polar/route.js");
    const { customers } = await import("../src/store.js");
    return [getRequestListener(POST), customers];
  },
};

let icefloe;
before(async () => {
  icefloe = await Icefloe.start();
});
after(() => icefloe.stop());

for (const [name, make] of Object.entries(ADAPTERS)) {
  describe(name, () => {
    let ask, server, url, customers;
    const answers = [];

    before(async () => {
      const [listener, made] = await make();
      customers = made;
      server = createServer((request, response) => {
        response.on("finish", () => answers.push(response.statusCode));
        return listener(request, response);
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${server.address().port}/webhooks/polar`;
      ask = await icefloe.createOrganization();
    });
    after(() => {
      server.close();
      server.closeAllConnections();
    });

    test("a customer is created, changed and deleted", async () => {
      await ask("POST", "/v1/webhooks/endpoints", { url, format: "raw", events: EVENTS, secret: SECRET });
      const { id } = await ask("POST", "/v1/customers/", { email: "ada@example.com", name: "Zoë “Q” 🎉" });
      await until(() => answers.length === 2);
      assert.deepEqual(customers.list().map(({ name }) => name), ["Zoë “Q” 🎉"]);
      assert.deepEqual(customers.list()[0].activeSubscriptions, []);

      await ask("PATCH", `/v1/customers/${id}`, { name: "Ada King" });
      await until(() => answers.length === 4);
      assert.equal(customers.find("ada@example.com").name, "Ada King");

      await ask("DELETE", `/v1/customers/${id}`);
      await until(() => answers.length === 6);
      assert.deepEqual(customers.list(), []);
      assert.deepEqual(answers, [200, 200, 200, 200, 200, 200]);
    });

    test("what is not signed with the secret is refused", async () => {
      const headers = {
        "Content-Type": "application/json",
        "webhook-id": "1",
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
        "webhook-signature": "v1,bm90IGl0cyBzaWduYXR1cmU=",
      };
      const body = JSON.stringify({ type: "customer.created", data: {} });
      const answer = await fetch(url, { method: "POST", headers, body });

      assert.equal(answer.status, 403);
      assert.deepEqual(customers.list(), []);
    });
  });
}

/** Wait until something is so; the runner ends a test that waits too long. */
async function until(isSo) {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}
