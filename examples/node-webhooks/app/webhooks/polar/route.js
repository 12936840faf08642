// The same webhooks in a Next.js application, as a route handler.

import { Webhooks } from "@polar-sh/nextjs";
import { makeHandlers } from "../../../src/customers.js";
import { customers } from "../../../src/store.js";

export const POST = Webhooks({
  webhookSecret: process.env.POLAR_WEBHOOK_SECRET,
  ...makeHandlers(customers),
});
