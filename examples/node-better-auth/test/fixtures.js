// What the tests ask for by name, made anew for each.

import { Polar } from "@polar-sh/sdk";
import { test as base, inject } from "vitest";
import { createAuth } from "../src/auth.js";
import { createService } from "../src/server.js";
import { Organization } from "./organization.js";
import { Person } from "./person.js";

export const test = base.extend({
  /** An organization in Icefloe. */
  icefloe: async ({}, use) => {
    const organization = await Organization.create(inject("icefloe"));
    await use(organization);
    await organization.remove();
  },

  /** Polar's client, to see what the service did. */
  polar: async ({ icefloe }, use) => {
    await use(new Polar({ accessToken: icefloe.token, serverURL: icefloe.url }));
  },

  /** Where the service listens; its Polar is the organization. */
  service: async ({ icefloe }, use) => {
    const server = createService(
      createAuth({
        polarToken: icefloe.token,
        polarUrl: icefloe.url,
        secret: "a secret for tests that is long enough",
        baseUrl: "http://lanternfish.test",
        patience: 200,
      }),
    );
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    await use(`http://127.0.0.1:${server.address().port}`);
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  },

  /** Somebody who has not signed up yet. */
  ada: async ({ service }, use) => {
    await use(new Person(service));
  },
});
