/**
 * The rule of promises as a plugin of `deno lint`: in the library, work that nobody waits for is started by
 * `inBackground()` of `base/background.ts`, or catches its own failure. A rejection that nobody handles ends the
 * process of whoever uses the kit.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const LIBRARY = /^(base|rpc|codec|transport|registry|policy|config|codegen|server|client|cli|testing|tls)\//;
/** What is for users' projects, and tests. */
const FREE = /^(cli\/new\/template\/.*|.*_test\.ts)$/;
const MESSAGE =
  "nobody waits for this promise: start it by inBackground(), of base/background.ts, or catch its failure";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The name of what is called: `begin`, `then` of `x.then()`, `#run` of `this.#run()`. */
function nameOf({ callee }: Deno.lint.CallExpression): string {
  const name = callee.type === "MemberExpression" ? callee.property : callee;
  if (name.type === "PrivateIdentifier") return `#${name.name}`;
  return name.type === "Identifier" ? name.name : "";
}

/** Whether a call handles the failure of the promise before it. */
function handles(call: Deno.lint.CallExpression): boolean {
  const name = nameOf(call);
  return name === "catch" || (name === "then" && call.arguments.length === 2);
}

/** Whether a call is one of a function or method of this file. */
function isOwn({ callee }: Deno.lint.CallExpression): boolean {
  return callee.type === "Identifier" ||
    (callee.type === "MemberExpression" && callee.object.type === "ThisExpression");
}

/** The plugin. */
const plugin: Deno.lint.Plugin = {
  name: "dinokit-promise",
  rules: {
    handled: {
      create(context) {
        const file = context.filename.replace(ROOT, "");
        if (!LIBRARY.test(file) || FREE.test(file)) return {};
        /** The functions and methods of the file that are async. */
        const asynchronous = new Set<string>();
        const calls: Deno.lint.CallExpression[] = [];
        return {
          FunctionDeclaration(node) {
            if (node.async && node.id) asynchronous.add(node.id.name);
          },
          MethodDefinition({ key, value }) {
            if (!value.async) return;
            if (key.type === "PrivateIdentifier") asynchronous.add(`#${key.name}`);
            else if (key.type === "Identifier") asynchronous.add(key.name);
          },
          ExpressionStatement({ expression }) {
            if (expression.type === "UnaryExpression" && expression.operator === "void") {
              const { argument } = expression;
              if (argument.type === "CallExpression" && !handles(argument)) {
                context.report({ node: argument, message: MESSAGE });
              }
            } else if (expression.type === "CallExpression") {
              const name = nameOf(expression);
              if (isOwn(expression)) calls.push(expression);
              else if (["then", "finally"].includes(name) && !handles(expression)) {
                context.report({ node: expression, message: MESSAGE });
              }
            }
          },
          "Program:exit"() {
            for (const node of calls) if (asynchronous.has(nameOf(node))) context.report({ node, message: MESSAGE });
          },
        };
      },
    },
  },
};

export default plugin;
