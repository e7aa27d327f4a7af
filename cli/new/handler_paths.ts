import type { DeclaredMethod, DeclaredService } from "../../codegen/emit/services.ts";
import { LocalNames } from "../../codec/typescript_names.ts";
import { snake } from "./names.ts";

/**
 * The paths of handlers: a folder for each service, a file for each method. If two names collide, the second gets the
 * suffix `_`.
 */
export class HandlerPaths {
  readonly #names = new Map<DeclaredService | DeclaredMethod, string>();

  constructor(services: readonly DeclaredService[]) {
    const folders = new LocalNames();
    for (const service of services) {
      this.#names.set(service, folders.give(snake(service.name)));
      const files = new LocalNames();
      for (const method of service.methods) this.#names.set(method, files.give(snake(method.name)));
    }
  }

  /** Returns the folder of a service in handlers/: `echo_service`. */
  folderOf(service: DeclaredService): string {
    return this.#names.get(service)!;
  }

  /** Returns the file name of a method in its service's folder, without extension: `echo`. */
  fileOf(method: DeclaredMethod): string {
    return this.#names.get(method)!;
  }
}
