// The service with Hono. Run it with `npm start`.

import { pathToFileURL } from "node:url";
import { serve } from "@hono/node-server";
import { Webhooks } from "@polar-sh/hono";
import { Hono } from "hono";
import { Customers, makeHandlers } from "./customers.js";

/**
 * The application.
 *
 * @param {string} webhookSecret the endpoint's.
 */
export function createApp(webhookSecret, customers = new Customers()) {
  const app = new Hono();
  app.post("/webhooks/polar", Webhooks({ webhookSecret, ...makeHandlers(customers) }));
  app.get("/customers", (context) => context.json(customers.list()));
  app.get("/customers/:email", (context) => {
    const customer = customers.find(context.req.param("email"));
    return customer ? context.json(customer) : context.notFound();
  });
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const secret = process.env.POLAR_WEBHOOK_SECRET;
  if (!secret) {
    console.error("Set POLAR_WEBHOOK_SECRET.");
    process.exit(2);
  }
  const port = Number(process.env.PORT ?? 3000);
  serve({ fetch: createApp(secret).fetch, port, hostname: "127.0.0.1" }, () =>
    console.log(`listening on http://127.0.0.1:${port}`),
  );
}
