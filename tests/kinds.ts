/**
 * A server for `dinokit.test.Kinds`, whose replies depend on the text of the request: what the end-to-end and interop
 * tests call.
 *
 * @module
 */

import { BizError, errorDetail, type Handlers, RpcError, type ServerContext, type Status } from "../mod.ts";
import { type Kinds, Msg } from "./proto/kinds.ts";

/** The text that a caller gets for an error of a handler whose own text is hidden. */
export const HIDDEN_TEXT = /^internal error \(request id [0-9a-f-]{36}\)$/;

/** What handlers saw of a call, so that tests can look at it. */
export interface Seen {
  method: string;
  aborted: Promise<unknown>;
  deadline: number | undefined;
  /** Of a call with one request. */
  requestCompression: ServerContext["requestCompression"];
}

/** The handlers. `seen` gets an entry for each call. */
export function kindsHandlers(seen: Seen[] = []): Handlers<typeof Kinds> {
  const note = (ctx: ServerContext) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    ctx.signal.addEventListener("abort", () => resolve(ctx.signal.reason), { once: true });
    const { method, deadline, requestCompression } = ctx;
    seen.push({ method, aborted: promise, deadline, requestCompression });
    const echo = ctx.metadata.get("x-echo");
    if (echo) ctx.header.set("x-echo", echo);
    const bytes = ctx.metadata.get("x-echo-bin");
    if (bytes) ctx.header.set("x-echo-bin", bytes);
    const trail = ctx.metadata.get("x-trail");
    if (trail) ctx.trailer.set("x-trail", trail);
    const back = ctx.metainfo.persistent.get("BACK");
    if (back) ctx.metainfo.backward.set("BACK", back);
  };
  const act = async (text: string, ctx: ServerContext): Promise<void> => {
    const [verb, ...rest] = text.split(":");
    if (verb === "fail") {
      const message = rest.slice(1).join(":");
      throw new RpcError(Number(rest[0]) as Status, message, { details: [errorDetail(Msg, { text: message })] });
    }
    if (verb === "biz") throw new BizError(Number(rest[0]), rest.slice(1).join(":"), { who: "kinds", "wo": "北京" });
    if (verb === "throw") throw new Error("a secret");
    if (verb === "sleep") await new Promise((resolve) => setTimeout(resolve, Number(rest[0])));
    if (verb === "hang") {
      ctx.sendHeader(); // so that a caller knows that it hangs
      await new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason)));
    }
  };
  return {
    async unary(req, ctx) {
      note(ctx);
      await act(req.text, ctx);
      return req;
    },
    async clientStream(reqs, ctx) {
      note(ctx);
      const texts: string[] = [];
      for await (const { text } of reqs) {
        await act(text, ctx);
        texts.push(text);
      }
      return { text: texts.join(","), count: texts.length };
    },
    async *serverStream(req, ctx) {
      note(ctx);
      for (let i = 0; i < req.count; i++) yield { text: req.text, count: i };
      await act(req.text, ctx);
    },
    async *bidi(reqs, ctx) {
      note(ctx);
      for await (const req of reqs) {
        await act(req.text, ctx);
        yield req;
      }
    },
  };
}
