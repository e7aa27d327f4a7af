import type { protobuf } from "../../deps.ts";
import { describedOptions, type Descriptor } from "./options.ts";

/** A service as a ServiceDescriptorProto. What it declares is added to the symbols. */
export function describeService(service: protobuf.Service, symbols: string[]): Descriptor {
  const fullName = service.fullName.slice(1);
  symbols.push(fullName, ...service.methodsArray.map(({ name }) => `${fullName}.${name}`));
  return {
    name: service.name,
    method: service.methodsArray.map((method) => {
      method.resolve();
      return {
        name: method.name,
        input_type: method.resolvedRequestType!.fullName,
        output_type: method.resolvedResponseType!.fullName,
        client_streaming: method.requestStream || undefined,
        server_streaming: method.responseStream || undefined,
        options: describedOptions(method.options),
      };
    }),
    options: describedOptions(service.options),
  };
}
