// An Icefloe on any free port, in a folder that goes with it, and an organization in it.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";

const WORDS = ["--temporary", "--control", "--with-parent", "--port", "0", "--log-format", "json"];

/** A running server. */
export class Icefloe {
  /** Start one; rejects with its own words where it ends instead. */
  static async start() {
    const controlKey = randomBytes(24).toString("hex");
    const server = spawn(process.env.ICEFLOE ?? "icefloe", ["serve", ...WORDS], {
      env: { ...process.env, ICEFLOE_CONTROL_KEY: controlKey },
      stdio: ["ignore", "ignore", "pipe"],
    });
    return new Icefloe(server, await listening(server), controlKey);
  }

  constructor(server, url, controlKey) {
    this.server = server;
    this.url = url;
    this.controlKey = controlKey;
  }

  /** Make an organization; returns a function that asks the API with its token. */
  async createOrganization() {
    const made = await ask(`${this.url}/_icefloe/organizations`, this.controlKey, "POST", {});
    return (method, path, body) => ask(this.url + path, made.token, method, body);
  }

  /** Stop it. */
  stop() {
    return new Promise((resolve) => {
      this.server.once("exit", resolve);
      this.server.kill("SIGTERM");
    });
  }
}

async function ask(url, key, method, body) {
  const answer = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

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
