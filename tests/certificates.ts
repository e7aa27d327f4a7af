/** A certificate and its key, in PEM. */
export interface Signed {
  readonly cert: string;
  readonly key: string;
}

/** An authority for one test. Its folder goes with the scope of `await using`. */
export interface Authority extends AsyncDisposable {
  /** Its own certificate, in PEM. */
  readonly ca: string;
  /**
   * Signs a certificate of a day.
   *
   * @param name Its common name.
   * @param extensions Lines of openssl's configuration, such as `subjectAltName=DNS:echo.test`.
   */
  sign(name: string, ...extensions: string[]): Promise<Signed>;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes an authority, with openssl. */
export async function makeAuthority(): Promise<Authority> {
  const folder = await Deno.makeTempDir();
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder, stdin: "null" }).output();
    if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  };
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  await openssl("req", "-x509", ...KEY, ..."-keyout ca.key -out ca.pem -days 1 -subj".split(" "), "/CN=authority");
  return {
    ca: await read("ca.pem"),
    async sign(name, ...extensions) {
      await Deno.writeTextFile(`${folder}/${name}.ext`, extensions.join("\n"));
      await openssl("req", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      const by = "-CA ca.pem -CAkey ca.key -CAcreateserial -days 1".split(" ");
      await openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-extfile", `${name}.ext`, "-out", `${name}.pem`);
      return { cert: await read(`${name}.pem`), key: await read(`${name}.key`) };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
