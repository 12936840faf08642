// The same service with Express.

import { Webhooks } from "@polar-sh/express";
import express from "express";
import { Customers, makeHandlers } from "./customers.js";

/**
 * The application.
 *
 * @param {string} webhookSecret the endpoint's.
 */
export function createApp(webhookSecret, customers = new Customers()) {
  const app = express();
  app.use(express.json()); // the adapter verifies what it parses, written as JSON again
  app.post("/webhooks/polar", Webhooks({ webhookSecret, ...makeHandlers(customers) }));
  app.get("/customers", (_, response) => response.json(customers.list()));
  return app;
}
