/**
 * The rule of paths as a plugin of `deno lint`: the path of a file comes from its URL by `fileURLToPath()`. The
 * `pathname` of a URL is percent-encoded, so that a clone in a folder with spaces, or with letters beyond ASCII, is not
 * found.
 *
 * @module
 */

const MESSAGE = "the pathname of a URL is percent-encoded: take fileURLToPath(), of node:url";

/** Whether an expression is the URL of a file of the repository: `new URL("x", base)`, or a constant such as `ROOT`. */
function isFileUrl(node: Deno.lint.Expression | Deno.lint.Super): boolean {
  if (node.type === "Identifier") return /^[A-Z_]+$/.test(node.name);
  return node.type === "NewExpression" && node.callee.type === "Identifier" && node.callee.name === "URL" &&
    node.arguments.length === 2 && node.arguments[1]!.type !== "TemplateLiteral";
}

/** The plugin. */
const plugin: Deno.lint.Plugin = {
  name: "dinokit-path",
  rules: {
    files: {
      create(context) {
        return {
          MemberExpression(node) {
            if (node.property.type !== "Identifier" || node.property.name !== "pathname") return;
            if (isFileUrl(node.object)) context.report({ node, message: MESSAGE });
          },
        };
      },
    },
  },
};

export default plugin;
