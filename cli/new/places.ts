import type { DeclaredMethod, DeclaredService } from "../../codegen/services.ts";
import { LocalNames } from "../../codec/local_name.ts";
import { snake } from "./names.ts";

/**
 * Where the handlers are: a folder for each service, a file for each method. Where two would be the same, the second
 * gets a `_`.
 */
export class Places {
  readonly #names = new Map<DeclaredService | DeclaredMethod, string>();

  constructor(services: readonly DeclaredService[]) {
    const folders = new LocalNames();
    for (const service of services) {
      this.#names.set(service, folders.give(snake(service.name)));
      const files = new LocalNames();
      for (const method of service.methods) this.#names.set(method, files.give(snake(method.name)));
    }
  }

  /** The folder of a service in handlers/: `echo_service`. */
  folderOf(service: DeclaredService): string {
    return this.#names.get(service)!;
  }

  /** The file of a method in its service's folder, without an end: `echo`. */
  fileOf(method: DeclaredMethod): string {
    return this.#names.get(method)!;
  }
}
