// One Icefloe for the whole run: on any free port, in a folder that goes with it.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";

const WORDS = ["--temporary", "--control", "--with-parent", "--port", "0", "--log-format", "json"];

/** Vitest calls this before the tests, and what it returns after them. */
export default async function setup({ provide }) {
  const controlKey = randomBytes(24).toString("hex");
  const server = spawn(process.env.ICEFLOE ?? "icefloe", ["serve", ...WORDS], {
    env: { ...process.env, ICEFLOE_CONTROL_KEY: controlKey },
    stdio: ["ignore", "ignore", "pipe"],
  });
  provide("icefloe", { url: await listening(server), controlKey });
  return () =>
    new Promise((resolve) => {
      server.once("exit", resolve);
      server.kill("SIGTERM");
    });
}

/** The URL at which the server says it listens; rejects with its own words where it ends instead. */
function listening(server) {
  return new Promise((resolve, reject) => {
    const lines = [];
    createInterface({ input: server.stderr }).on("line", (line) => {
      lines.push(line);
      if (line.includes('"event":"listening"')) resolve(JSON.parse(line).url);
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`icefloe ended: ${lines.join("\n")}`)));
  });
}
