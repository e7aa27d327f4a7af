/**
 * The rule of time as a plugin of `deno lint`: in the library, timers and times of day come from `base/time.ts`. A raw
 * timer rings at once for more than 24.8 days, and a duration by the time of day is wrong when somebody sets the clock.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const LIBRARY = /^(base|rpc|codec|transport|registry|policy|config|codegen|server|client|cli|testing|tls)\//;
/** The two that are made of the raw ones, what is for users' projects, and tests. */
const FREE = /^(base\/time\.ts|testing\/clock\.ts|cli\/new\/template\/.*|.*_test\.ts)$/;

/** What to use in place of what is raw. */
const INSTEAD: Readonly<Record<string, string>> = {
  setTimeout: "after()",
  setInterval: "every()",
  "AbortSignal.timeout": "abortsAfter()",
  "Date.now": "performance.now() for durations, timeOfDay() for what users see",
  "new Date": "new Date(timeOfDay()) for what users see",
};

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The name of what is called: `setTimeout`, `Date.now`. */
function nameOf(node: Deno.lint.Expression | Deno.lint.Super): string {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression" || node.property.type !== "Identifier") return "";
  const object = nameOf(node.object);
  return object === "globalThis" ? node.property.name : `${object}.${node.property.name}`;
}

/** The plugin. */
const plugin: Deno.lint.Plugin = {
  name: "dinokit-time",
  rules: {
    clocks: {
      create(context) {
        const file = context.filename.replace(ROOT, "");
        if (!LIBRARY.test(file) || FREE.test(file)) return {};
        const look = (node: Deno.lint.Node, name: string) => {
          if (!Object.hasOwn(INSTEAD, name)) return;
          context.report({ node, message: `${file} may not use ${name}: take ${INSTEAD[name]}, of base/time.ts` });
        };
        return {
          CallExpression: (node) => look(node, nameOf(node.callee)),
          NewExpression(node) {
            if (node.arguments.length === 0) look(node, `new ${nameOf(node.callee)}`);
          },
          ImportDeclaration(node) {
            if (!node.source.value.startsWith("node:timers")) return;
            for (const specifier of node.specifiers) {
              if (specifier.type === "ImportSpecifier" && specifier.imported.type === "Identifier") {
                look(specifier, specifier.imported.name);
              }
            }
          },
        };
      },
    },
  },
};

export default plugin;
