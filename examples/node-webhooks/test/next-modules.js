// Next.js' compiler finds `next/server`; Node, which runs the tests, is told where it is.

import { register } from "node:module";

const hooks = `export const resolve = (name, context, next) =>
  next(name === "next/server" ? "next/server.js" : name, context);`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
