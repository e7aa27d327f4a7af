import { ConnectionError, ErrorCode, protocol } from "./error.ts";
import { MAX_FRAME_BYTES, MIN_FRAME_BYTES, readUint32 } from "./frame.ts";

/** The initial window of streams and connections, in octets, unless SETTINGS change it (RFC 9113, section 6.9.2). */
export const DEFAULT_WINDOW_BYTES = 65_535;
/** The largest window, in octets (section 6.9.1). */
export const MAX_WINDOW_BYTES = 2 ** 31 - 1;

/** The identifiers of settings (section 6.5.2). */
export const SettingId = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
} as const;

/** The settings of a peer. Those that it has not announced have the default of the RFC. */
export interface PeerSettings {
  headerTableSize: number;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
  maxHeaderListSize: number;
}

/** Returns the settings that apply before the peer's first SETTINGS. */
export function initialSettings(): PeerSettings {
  return {
    headerTableSize: 4096,
    // The RFC has no limit here, and recommends at least 100. More streams wait until the peer's SETTINGS arrive.
    maxConcurrentStreams: 100,
    initialWindowSize: DEFAULT_WINDOW_BYTES,
    maxFrameSize: MIN_FRAME_BYTES,
    maxHeaderListSize: Infinity,
  };
}

/**
 * Reads the payload of a SETTINGS frame into `settings`.
 *
 * @param fromClient Whether a client sent the frame. A server must not enable push.
 * @returns The lowest HEADER_TABLE_SIZE in the frame, or else that of `settings`.
 * @throws {ConnectionError} If a value is out of range.
 */
export function readSettings(
  settings: PeerSettings,
  buf: Uint8Array,
  start: number,
  end: number,
  fromClient: boolean,
): number {
  let lowest = Infinity;
  for (let at = start; at < end; at += 6) {
    const id = buf[at]! << 8 | buf[at + 1]!;
    const value = readUint32(buf, at + 2);
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        settings.headerTableSize = value;
        lowest = Math.min(lowest, value);
        break;
      case SettingId.ENABLE_PUSH:
        if (value > (fromClient ? 1 : 0)) throw protocol(`SETTINGS_ENABLE_PUSH is ${value}`);
        break;
      case SettingId.MAX_CONCURRENT_STREAMS:
        settings.maxConcurrentStreams = value;
        break;
      case SettingId.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW_BYTES) {
          throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, `SETTINGS_INITIAL_WINDOW_SIZE is ${value}`);
        }
        settings.initialWindowSize = value;
        break;
      case SettingId.MAX_FRAME_SIZE:
        if (value < MIN_FRAME_BYTES || value > MAX_FRAME_BYTES) throw protocol(`SETTINGS_MAX_FRAME_SIZE is ${value}`);
        settings.maxFrameSize = value;
        break;
      case SettingId.MAX_HEADER_LIST_SIZE:
        settings.maxHeaderListSize = value;
        break;
        // Unknown settings are ignored (section 6.5.2).
    }
  }
  return Math.min(lowest, settings.headerTableSize);
}
