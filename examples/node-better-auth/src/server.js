// The service's HTTP server: better-auth's own paths, and a greeting.

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import { createAuth } from "./auth.js";

/**
 * The service's server; the caller makes it listen.
 *
 * @param {ReturnType<typeof createAuth>} auth
 */
export function createService(auth) {
  const authenticate = toNodeHandler(auth);
  return createServer(async (request, response) => {
    if (request.url.startsWith("/api/auth/")) return authenticate(request, response);
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
    const name = session?.user.name ?? "stranger";
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    response.end(`Hello, ${name}.\n`);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const port = Number(process.env.PORT ?? 3000);
  const baseUrl = process.env.BASE_URL ?? `http://127.0.0.1:${port}`;
  const auth = createAuth({
    polarToken: required("POLAR_ACCESS_TOKEN"),
    polarUrl: process.env.POLAR_URL,
    secret: required("BETTER_AUTH_SECRET"),
    baseUrl,
  });
  createService(auth).listen(port, "127.0.0.1", () => console.log(`listening on ${baseUrl}`));
}

/** @param {string} name */
function required(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`Set ${name}.`);
  process.exit(2);
}
