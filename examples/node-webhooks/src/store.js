// The customers of a whole Next.js application: a route may export handlers alone.

import { Customers } from "./customers.js";

export const customers = new Customers();
