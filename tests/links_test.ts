import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { needs } from "./needs.ts";

const ROOT = new URL("..", import.meta.url);

/** What documents link to, inline or by reference, without the code in them. */
function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(([^)\s]+)\)/g)];
  const named = [...prose.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  return [...inline, ...named].map(([, link]) => link!).filter((link) => !link.includes("://"));
}

/** As GitHub makes it from a heading. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)];
  return headings.map(([, text]) => text!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-"));
}

function documents(folder = ROOT, below = false): URL[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return below || name === "docs" ? documents(new URL(`${name}/`, folder), true) : [];
    return name.endsWith(".md") ? [new URL(name, folder)] : [];
  });
}

needs([{ name: "read" }], "every file and heading that a document links to is there", () => {
  const dead: string[] = [];
  let count = 0;
  for (const document of documents()) {
    for (const link of linksOf(Deno.readTextFileSync(document))) {
      count++;
      const target = new URL(link, document);
      const anchor = decodeURIComponent(target.hash.slice(1));
      target.hash = "";
      try {
        if (Deno.statSync(target).isFile && anchor && !anchorsOf(Deno.readTextFileSync(target)).includes(anchor)) {
          dead.push(`${fileURLToPath(document)}: ${link}: no such heading`);
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        dead.push(`${fileURLToPath(document)}: ${link}`);
      }
    }
  }
  assert(count > 100, `${count} links`);
  assertEquals(dead, []);
});

needs([{ name: "read" }], "every name of a link in a document is defined", () => {
  for (const document of documents()) {
    const text = Deno.readTextFileSync(document).replaceAll(/^```.*?^```$/gms, "");
    const defined = [...text.matchAll(/^\[([^\]]+)\]: /gm)].map(([, name]) => name);
    const used = [...text.matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => name);
    assertEquals(used.filter((name) => !defined.includes(name)), [], fileURLToPath(document));
    assertEquals(defined.filter((name) => !used.includes(name)), [], fileURLToPath(document));
  }
});
