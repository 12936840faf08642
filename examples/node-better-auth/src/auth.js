// Sign-in by better-auth, and with it a customer at Polar for each person.

import { polar, portal } from "@polar-sh/better-auth";
import { Polar } from "@polar-sh/sdk";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { APIError } from "better-auth/api";

/**
 * The service's better-auth.
 *
 * @param {object} settings
 * @param {string} settings.polarToken an organization access token of Polar.
 * @param {string} [settings.polarUrl] where Polar's API is; without it, Polar's own.
 * @param {string} settings.secret what sessions are signed with.
 * @param {string} settings.baseUrl where the service is.
 * @param {number} [settings.patience] for how long failed requests are retried, in milliseconds.
 */
export function createAuth({ polarToken, polarUrl, secret, baseUrl, patience = 3_000 }) {
  const client = new Polar({
    accessToken: polarToken,
    serverURL: polarUrl,
    timeoutMs: 5_000,
    // Without this the client asks once. With it, it pauses for as long as `Retry-After` says, up
    // to `maxInterval`: a person waits for the answer.
    retryConfig: {
      strategy: "backoff",
      backoff: { initialInterval: 200, maxInterval: 2_000, exponent: 2, maxElapsedTime: patience },
      retryConnectionErrors: true,
    },
  });
  return betterAuth({
    appName: "Lanternfish",
    baseURL: baseUrl,
    secret,
    // People are gone when the program ends: give better-auth a database of yours here.
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    logger: { level: "error" },
    emailAndPassword: { enabled: true },
    user: {
      changeEmail: { enabled: true, updateEmailWithoutVerification: true },
      deleteUser: {
        enabled: true,
        // The plugin deletes the customer too, but afterwards, without anonymising, and does not
        // say when it could not. This way no account goes before its customer.
        beforeDelete: (user) => forgetCustomer(client, user.id),
      },
    },
    plugins: [polar({ client, createCustomerOnSignUp: true, use: [portal()] })],
  });
}

/**
 * Delete a person's customer at Polar, and what names the person in past orders.
 *
 * @param {Polar} client
 * @param {string} externalId the person's id here.
 */
async function forgetCustomer(client, externalId) {
  try {
    await client.customers.deleteExternal({ externalId, anonymize: true });
  } catch (error) {
    if (error.statusCode === 404) return; // an earlier attempt did it
    throw new APIError("SERVICE_UNAVAILABLE", { message: "Please try again later." });
  }
}
