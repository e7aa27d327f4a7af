import { build, CACHE, copySources, SOURCE } from "../cache.ts";
import type { Peer } from "./peer.ts";

const FOLDER = `${CACHE}/rust`;
const VERSION = /^tonic = .*"=([\d.]+)"/m.exec(Deno.readTextFileSync(`${SOURCE}rust/Cargo.toml`))?.[1];

/** tonic, on one thread. */
export const tonic: Peer = {
  name: "tonic",
  title: `tonic ${VERSION}, one thread`,
  cores: 1,
  async prepare() {
    await copySources(`${SOURCE}rust`, FOLDER);
    await build({ command: "cargo", args: ["build", "--release"], cwd: FOLDER }, "Rust 1.88 or newer");
  },
  server: (tls) => ({
    command: `${FOLDER}/target/release/tonic_server`,
    args: tls ? [tls.cert, tls.key] : [],
  }),
};
