import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "test/icefloe-server.js",
    include: ["test/*.test.js"],
    // One process is quicker here than several; each test has an organization of its own anyway.
    fileParallelism: false,
  },
});
